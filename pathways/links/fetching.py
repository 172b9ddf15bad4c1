"""Asks one address on the web, carefully: not within our own network, not for long, and not for much."""

import http.client
import ipaddress
import socket
import ssl
import threading
from email.utils import parsedate_to_datetime
from typing import NamedTuple
from urllib.parse import quote, urljoin, urlsplit

from django.conf import settings
from django.utils import timezone

# Seconds for one answer of a server to begin, and for everything that an address takes, redirects included.
TIMEOUT, DEADLINE = 10, 30
MOST_REDIRECTS = 5
# Bytes of a page that are read; robots.txt may be longer than the part of a page that shows that it is there.
MOST_BYTES = 64 * 1024
MOST_ROBOTS_BYTES = 500 * 1024
PERMANENT = {301, 308}
NAT64 = ipaddress.ip_network("64:ff9b::/96")
REDIRECTS = {301, 302, 303, 307, 308}


class Unreachable(Exception):
    """An address that nothing came from; the message says why."""


class Answer(NamedTuple):
    """What came from a server: its status and headers, and the beginning of the body if it was asked for."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def retry_after(self):
        """The seconds after which to ask again, if the server says so."""
        text = self.headers.get("Retry-After", "").strip()
        if text.isdecimal():
            return int(text[:9])
        try:
            moment = parsedate_to_datetime(text)
            return max(0, int((moment - timezone.now()).total_seconds()))
        except (TypeError, ValueError):
            return None


class Found(NamedTuple):
    """The last answer on the way from an address, where the way ended, and whether all of it was for good."""

    answer: Answer
    address: str
    for_good: bool


def user_agent():
    """Return how we introduce ourselves."""
    return f"Pathways-link-check/1.0 (+{settings.SITE_URL})" if settings.SITE_URL else "Pathways-link-check/1.0"


def follow(address, allowed=lambda address: True):
    """Ask ``address`` and wherever it leads; return what was Found.

    ``allowed`` is asked before each step whether robots may go there. Raises Unreachable, and Barred if they may not.
    """
    seen, for_good, current = set(), True, address
    with Deadline(DEADLINE) as deadline:
        while True:
            if current in seen:
                raise Unreachable("It leads in a circle.")
            if len(seen) > MOST_REDIRECTS:
                raise Unreachable("It leads on too many times.")
            seen.add(current)
            if not allowed(current):
                raise Barred("Its server asks robots to stay away.")
            answer = ask("HEAD", current, deadline)
            if answer.status >= 400 and answer.status not in {429, 503}:
                # Some servers answer no question but for the whole.
                answer = ask("GET", current, deadline)
            target = answer.headers.get("Location")
            if answer.status not in REDIRECTS or not target:
                return Found(answer, current, for_good and len(seen) > 1)
            for_good = for_good and answer.status in PERMANENT
            current = urljoin(current, target).partition("#")[0]


class Barred(Unreachable):
    """An address that its server keeps robots from."""


class Deadline:
    """Ends, after so many seconds, whatever is still going on with the sockets it was told of."""

    def __init__(self, seconds):
        self.timer = threading.Timer(seconds, self.end)
        self.timer.daemon = True
        self.lock = threading.Lock()
        self.socket, self.passed = None, False

    def __enter__(self):
        self.timer.start()
        return self

    def __exit__(self, *error):
        self.timer.cancel()

    def watch(self, one):
        with self.lock:
            self.socket = one
        if self.passed:
            raise Unreachable("It took too long.")

    def end(self):
        self.passed = True
        with self.lock:
            if self.socket is not None:
                try:
                    self.socket.shutdown(socket.SHUT_RDWR)
                except OSError:
                    # It ended by itself.
                    return


def ask(method, address, deadline, most=MOST_BYTES):
    """Send one question; return the Answer. Raises Unreachable."""
    scheme, host, port, target = taken_apart(address)
    if deadline.passed:
        raise Unreachable("It took too long.")
    connection = None
    try:
        connection = open_connection(scheme, host, port, deadline)
        headers = {"User-Agent": user_agent(), "Accept": "*/*", "Connection": "close"}
        connection.request(method, target, headers=headers)
        response = connection.getresponse()
        if deadline.passed:
            # Headers that were cut off look as if they had ended.
            raise TimeoutError
        body = response.read(most) if method == "GET" else b""
        return Answer(response.status, response.headers, body)
    except TimeoutError:
        raise Unreachable("It took too long.") from None
    except ssl.SSLError as error:
        raise Unreachable(f"Its certificate or encryption is wrong: {error.reason or error}"[:250]) from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        if deadline.passed:
            raise Unreachable("It took too long.") from None
        raise Unreachable(f"No answer: {error}"[:250]) from None
    finally:
        if connection is not None:
            connection.close()


def taken_apart(address):
    """Return scheme, host, port and path with query of an address, as they are sent."""
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").encode("idna").decode()
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except (ValueError, UnicodeError):
        raise Unreachable("It is not a proper address.") from None
    if parts.scheme not in {"http", "https"} or not host:
        raise Unreachable("It is not an address on the web.")
    path = quote(parts.path, safe="/%:@!$&'()*+,;=~-._") or "/"
    query = quote(parts.query, safe="/%:@!$&'()*+,;=~-._?")
    return parts.scheme, host, port, f"{path}?{query}" if query else path


def origin(address):
    """Return scheme, host and port of an address: what one robots.txt speaks for."""
    return taken_apart(address)[:3]


def open_connection(scheme, host, port, deadline):
    """Return an open connection to ``host``, to just the address that was found to be a public one."""
    opened = socket.create_connection((public_ip(host, port), port), timeout=TIMEOUT)
    try:
        deadline.watch(opened)
        if scheme == "https":
            opened = ssl.create_default_context().wrap_socket(opened, server_hostname=host)
            deadline.watch(opened)
    except BaseException:
        opened.close()
        raise
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT)
    if scheme == "https":
        # What is said to the server as its name leaves out the usual port.
        connection.default_port = 443
    connection.sock = opened
    return connection


def public_ip(host, port):
    """Return an address of ``host``; raise Unreachable if one of them is within a network of our own."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Unreachable("There is no such server.") from None
    ips = [entry[4][0] for entry in found]
    if not settings.LINKS_MAY_BE_PRIVATE and not all(map(is_public, ips)):
        raise Unreachable("It is not on the public network.")
    return ips[0]


def is_public(ip):
    """Whether an address belongs to the public network."""
    ip = ipaddress.ip_address(ip.partition("%")[0])
    if ip.version == 6:
        if ip in NAT64 or ip.sixtofour or ip.teredo:
            # Such an address leads to another one, which may be anywhere.
            return False
        ip = ip.ipv4_mapped or ip
    return ip.is_global and not ip.is_multicast
