"""Clients that take their time, in greater numbers than the site has threads, and what a visitor meets meanwhile.

Some send the head of a request byte by byte, some the body of one, some take a file in small bites. They come from
addresses of their own, as the visitor does, for nginx bounds what it gives to one address.
"""

import resource
import socket
import ssl
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from statistics import median

from deploy.trial import HOST, Failed, expect, say

ADDRESSES = [f"127.0.1.{number}" for number in range(1, 9)]
HEADS, BODIES, FILES = 2000, 120, 120
# Connections that nginx of Debian takes as it comes, on two cores.
NGINX_OF_DEBIAN = 1536
# A file that does not fit into what is kept of it on the way: less than this is sent at once, whoever reads.
FILE = "/data/pathways.sqlite"
# How many such files nginx.conf gives to one address at once.
FILES_OF_AN_ADDRESS = 10
# Seconds between one byte and the next, bytes of a bite, and seconds for which the visitor keeps asking: longer than
# nginx waits for a head.
PAUSE, BITE, MEANWHILE = 0.5, 200, 20
# Seconds that a visitor waits at most where nobody is held up.
PATIENCE = 10
# Connections that are opened at the same time.
HANDS = 4
# Segments as on the internet: on loopback they are so large that the kernel takes in a whole file.
SMALL = [(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1400), (socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)]

HEAD = f" HTTP/1.1\r\nHost: {HOST}\r\n"
FORM = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 50000\r\n\r\n"


@dataclass
class SlowClient:
    """One that sends ``first`` at once and ``then`` byte by byte, the last again and again, and reads in bites.

    When it is cut off it comes again, unless it was refused.
    """

    address: str
    first: str = ""
    then: str = ""
    sock: ssl.SSLSocket | None = None
    sent: int = 0
    status: str = ""

    def take_turn(self, site):
        if self.status == "429":
            return
        try:
            if not self.sock:
                self.begin(site)
            if self.then:
                self.sock.send(self.then[min(self.sent, len(self.then) - 1)].encode())
                self.sent += 1
            bite = self.sock.recv(BITE)
            self.status = self.status or bite[9:12].decode()
            if not bite or self.status == "429":
                self.end()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
        except OSError:
            self.end()

    def begin(self, site):
        self.sock = site.connect(source=self.address, options=SMALL)
        self.sent, self.status = 0, ""
        self.sock.sendall(self.first.encode())
        self.sock.setblocking(False)

    def end(self):
        if self.sock:
            self.sock.close()
            self.sock = None


@contextmanager
def kept_busy(site, clients):
    """Let the clients take their turns, again and again."""
    stopped = threading.Event()

    def keep_busy(some):
        while not stopped.is_set():
            for client in some:
                if not stopped.is_set():
                    client.take_turn(site)
            stopped.wait(PAUSE)

    threads = [threading.Thread(target=keep_busy, args=[clients[turn::HANDS]], daemon=True) for turn in range(HANDS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stopped.set()
        for thread in threads:
            thread.join()
        for client in clients:
            client.end()


def check(site):
    """Expect a visitor of the site to be answered in good time while all those clients are there."""
    say("Slow clients")
    # Each is a file to the kernel.
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    # The first who asks for it waits until it is made, whoever else is there.
    site.page(FILE)
    addresses = cycle(ADDRESSES)
    heads = [SlowClient(next(addresses), then=f"GET /practices/{HEAD}X-Slow: a") for _ in range(HEADS)]
    bodies = [SlowClient(next(addresses), f"POST /suggest/{HEAD}{FORM}", "a") for _ in range(BODIES)]
    files = [SlowClient(next(addresses), f"GET {FILE}{HEAD}\r\n") for _ in range(FILES)]
    with kept_busy(site, [*bodies, *files, *heads]):
        met, waits = visit(site, heads)
        sending, taking = there(bodies), there(files)
    refused = sum(one.status == "429" for one in files)
    say(f"At once {met} heads, {sending} bodies and {taking} files were on their way; {refused} were refused (429)")
    say(f"A visitor had {len(waits)} answers: half within {median(waits):.2f} s, the slowest after {max(waits):.2f} s")
    expect(met > NGINX_OF_DEBIAN, "Too few heads were on their way.")
    expect(sending == BODIES, f"{BODIES - sending} bodies were cut off.")
    given = len(ADDRESSES) * FILES_OF_AN_ADDRESS
    expect((taking, refused) == (given, FILES - given), f"{given} files were to be given, the others refused.")
    expect(max(waits) < PATIENCE, "The visitor waited too long.")


def there(clients):
    """Return how many clients have a connection."""
    return sum(bool(client.sock) for client in clients)


def visit(site, heads):
    """Ask as a visitor does; return how many heads were on their way at most, and how long each answer took."""
    met, waits = 0, []
    end = time.monotonic() + MEANWHILE
    while time.monotonic() < end:
        for path in ("/practices/", "/healthz"):
            met = max(met, there(heads))
            begun = time.monotonic()
            try:
                site.page(path)
            except OSError as error:
                raise Failed(f"{path} is not answered while {met} slow clients are there: {error!r}") from None
            waits.append(time.monotonic() - begun)
        time.sleep(0.1)
    return met, waits
