"""Finished public pages, kept by each process in its memory for as long as the data stay as they are."""

import threading
from collections import OrderedDict
from datetime import datetime
from typing import NamedTuple

from django.db import connection
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone

# A page larger than this share of the room would drive too many others out.
LARGEST_SHARE = 8
# What a page has beside its body: its headers, its address, and Python's own.
OVERHEAD = 2_000


class Page(NamedTuple):
    """A page as it was answered: its validator, headers and body, and when it was made."""

    etag: str
    headers: dict
    body: bytes
    made_at: datetime

    @property
    def size(self):
        """How many bytes it takes, about."""
        return len(self.body) + OVERHEAD

    def answer(self):
        """Return the page as a response."""
        return HttpResponse(self.body, headers=self.headers)

    def answer_as_of_then(self):
        """Return the page as a response that says of when it is, for when nothing newer can be had."""
        notice = render_to_string("includes/as_of_then.html", {"made_at": self.made_at}).encode()
        body = self.body.replace(b"<main ", notice + b"<main ", 1)
        headers = {**self.headers, "Content-Length": str(len(body)), "Cache-Control": "no-store"}
        del headers["ETag"]
        return HttpResponse(body, headers=headers)


class KeptPages:
    """Pages by their address, no more than ``most_bytes`` of them: those asked for least recently are dropped first.

    An address has one page, that of its newest version; whoever takes it compares the validator.
    """

    def __init__(self, most_bytes):
        self.most_bytes = most_bytes
        self.lock = threading.Lock()
        self.forget()

    def __len__(self):
        return len(self.pages)

    def forget(self):
        """Drop every page."""
        with self.lock:
            self.pages, self.bytes = OrderedDict(), 0

    def get(self, address):
        """Return the page of ``address``, however old, or None."""
        with self.lock:
            if address in self.pages:
                self.pages.move_to_end(address)
            return self.pages.get(address)

    def keep(self, address, response):
        """Keep ``response`` if it is a page that everybody is shown alike; say whether it was kept."""
        if not for_everybody(response):
            return False
        page = Page(response["ETag"], dict(response.items()), response.content, timezone.now())
        if page.size * LARGEST_SHARE > self.most_bytes:
            return False
        with self.lock:
            if former := self.pages.pop(address, None):
                self.bytes -= former.size
            self.pages[address] = page
            self.bytes += page.size
            while self.bytes > self.most_bytes:
                _address, dropped = self.pages.popitem(last=False)
                self.bytes -= dropped.size
        return True


def for_everybody(response):
    """Whether ``response`` is a whole page, made of committed data, with nothing in it for one reader alone."""
    return (
        response.status_code == 200
        and not response.streaming
        and response.get("Content-Type", "").startswith("text/html")
        and "ETag" in response
        and "no-store" not in response.get("Cache-Control", "")
        and not response.cookies
        and not response.has_header("Vary")
        and not connection.in_atomic_block
    )
