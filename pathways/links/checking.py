"""Checks many addresses: those of different hosts at once, those of one host one after the other, with pauses."""

import queue
import threading
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urljoin
from urllib.robotparser import RobotFileParser

from django.db.models import Q
from django.utils import timezone

from .fetching import (
    MOST_ROBOTS_BYTES,
    REDIRECTS,
    TIMEOUT,
    Barred,
    Deadline,
    Unreachable,
    ask,
    follow,
    origin,
    user_agent,
)
from .models import LinkCheck

State = LinkCheck.State
# Seconds between two questions to one host, and the longest pause that its robots.txt, or a busy server, is granted.
DELAY, LONGEST_PAUSE = 2.0, 60.0
WORKERS = 8
# What says that a page is there, for people.
CLOSED = {401, 403, 407, 451}
BUSY = {429, 503}


@dataclass
class Result:
    """What became of one address."""

    address: str
    state: str
    message: str = ""
    status: int | None = None
    redirected_to: str = ""
    moved_for_good: bool = False
    # Seconds after which to ask again.
    later: int | None = None


def due(addresses, max_age, now=None):
    """Return those of ``addresses`` that were not checked within ``max_age``, and may be asked again."""
    now = now or timezone.now()
    recent = Q(checked_at__gt=now - max_age) & ~Q(state=State.LATER)
    kept = LinkCheck.objects.filter(recent | Q(not_before__gt=now))
    fresh = set(kept.values_list("address", flat=True))
    return [address for address in addresses if address not in fresh]


def check(addresses, *, workers=WORKERS, delay=DELAY):
    """Yield the Result of each address, as it comes. Closing the generator ends the work after the questions under way.

    Only the caller's thread needs a database.
    """
    by_host = defaultdict(list)
    for address in addresses:
        try:
            by_host[origin(address)[1]].append(address)
        except Unreachable as error:
            yield Result(address, State.FAILED, str(error))
    results, stopped = queue.Queue(), threading.Event()
    robots = Robots()

    def work(host):
        try:
            Host(robots, delay, stopped).check(by_host[host], results.put)
        except Exception as error:
            # A worker that dies would leave the caller waiting.
            results.put(error)
        finally:
            results.put(None)

    with ThreadPoolExecutor(max_workers=workers) as pool:
        try:
            for host in by_host:
                pool.submit(work, host)
            for _host in by_host:
                while (result := results.get()) is not None:
                    if isinstance(result, Exception):
                        raise result
                    yield result
        finally:
            stopped.set()
            pool.shutdown(cancel_futures=True)


class Host:
    """Asks the addresses of one host one after the other."""

    def __init__(self, robots, delay, stopped):
        self.robots, self.delay, self.stopped = robots, delay, stopped
        self.asked_at = None
        self.busy_for = None

    def check(self, addresses, tell):
        for address in addresses:
            if self.stopped.is_set():
                return
            tell(self.one(address))

    def one(self, address):
        if self.busy_for is not None:
            return Result(address, State.LATER, "Its server asked to come later.", later=self.busy_for)
        result = self.asked(address)
        if result.state == State.LATER:
            pause = result.later if result.later is not None else self.delay * 5
            if pause <= LONGEST_PAUSE and not self.stopped.wait(pause):
                result = self.asked(address)
        if result.state == State.LATER:
            # The others of this host would hear the same.
            self.busy_for = result.later if result.later is not None else 3600
        return result

    def asked(self, address):
        self.pause(address)
        # Read before the clock of the address itself begins.
        self.robots.of(address)
        try:
            found = follow(address, self.robots.allow)
        except Barred as error:
            return Result(address, State.CLOSED, str(error))
        except Unreachable as error:
            return Result(address, State.FAILED, str(error))
        finally:
            self.asked_at = time.monotonic()
        return judged(address, found)

    def pause(self, address):
        """Wait until the host may be asked again."""
        if self.asked_at is not None:
            wait = max(self.delay, min(self.robots.delay(address), LONGEST_PAUSE))
            self.stopped.wait(max(0, self.asked_at + wait - time.monotonic()))


def judged(address, found):
    """Return the Result of what was found from ``address``."""
    status = found.answer.status
    common = {"status": status}
    if found.address != address:
        common |= {"redirected_to": found.address[:2000], "moved_for_good": found.for_good}
    if status < 400 and status not in REDIRECTS:
        return Result(address, State.FOUND, **common)
    if status in CLOSED:
        return Result(address, State.CLOSED, "Its server lets no robot in: open it yourself.", **common)
    if status == 429 or (status in BUSY and found.answer.retry_after is not None):
        later = found.answer.retry_after
        return Result(address, State.LATER, "Its server asked to come later.", **common, later=later)
    return Result(address, State.FAILED, f"Its server answered {status}.", **common)


class Robots:
    """What the robots.txt of each host says, read once."""

    def __init__(self):
        self.rules, self.lock = {}, threading.Lock()

    def allow(self, address):
        return self.of(address).can_fetch(user_agent(), address)

    def delay(self, address):
        """Return the seconds that the host of ``address`` wants between two questions."""
        try:
            return float(self.of(address).crawl_delay(user_agent()) or 0)
        except Unreachable:
            return 0.0

    def of(self, address):
        """Return the rules for ``address``; where they cannot be read, nothing is barred: it will fail by itself."""
        key = origin(address)
        with self.lock:
            if key in self.rules:
                return self.rules[key]
        rules = self.read(urljoin(address, "/robots.txt"))
        with self.lock:
            return self.rules.setdefault(key, rules)

    def read(self, address):
        rules = RobotFileParser()
        rules.modified()
        try:
            with Deadline(TIMEOUT * 2) as deadline:
                answer = ask("GET", address, deadline, MOST_ROBOTS_BYTES)
                if answer.status in REDIRECTS and answer.headers.get("Location"):
                    answer = ask("GET", urljoin(address, answer.headers["Location"]), deadline, MOST_ROBOTS_BYTES)
        except Unreachable:
            return rules
        if answer.status == 200:
            rules.parse(answer.body.decode("utf-8", "replace").splitlines())
        return rules


def forget_unused(used):
    """Delete what is known of addresses that nothing names any more."""
    used = set(used)
    gone = [pk for pk, address in LinkCheck.objects.values_list("pk", "address") if address not in used]
    for start in range(0, len(gone), 500):
        LinkCheck.objects.filter(pk__in=gone[start : start + 500]).delete()


def keep(result, now=None):
    """Write what became of an address: since when it fails is remembered until it is found again. Return the check."""
    now = now or timezone.now()
    check = LinkCheck.objects.filter(address=result.address).first() or LinkCheck(address=result.address)
    check.state, check.status, check.message = result.state, result.status, result.message[:300]
    check.redirected_to, check.moved_for_good = result.redirected_to, result.moved_for_good
    check.checked_at = now
    check.not_before = now + timedelta(seconds=min(result.later, 7 * 86400)) if result.later else None
    if result.state == State.FAILED:
        check.failing_since = check.failing_since or now
    elif result.state != State.LATER:
        check.failing_since = None
    check.save()
    return check
