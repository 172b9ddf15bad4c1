"""Servers beside the site that it can do without: a replica, a shared cache."""

import logging
import threading
import time

logger = logging.getLogger(__name__)

# Seconds for which a server that did not answer is left alone.
PAUSE = 10


class Dispensable:
    """A server that the site can do without, as this process knows it.

    While it is lost, one request in each pause asks it again and the others do without it, so that waiting for it is
    nobody's lot twice. The log tells once that it is lost, and once that it is back.
    """

    def __init__(self, name, without):
        self.name, self.without = name, without
        self.lock = threading.Lock()
        self.ask_again_at = None

    @property
    def is_lost(self):
        return self.ask_again_at is not None

    def may_be_asked(self):
        with self.lock:
            if self.is_lost:
                if time.monotonic() < self.ask_again_at:
                    return False
                self.ask_again_at = time.monotonic() + PAUSE
            return True

    def did_not_answer(self, error):
        with self.lock:
            was_lost, self.ask_again_at = self.is_lost, time.monotonic() + PAUSE
        if not was_lost:
            reason = str(error).partition("\n")[0]
            logger.error("The %s does not answer; %s until it does. %s", self.name, self.without, reason)

    def answered(self):
        if self.is_lost:
            with self.lock:
                was_lost, self.ask_again_at = self.is_lost, None
            if was_lost:
                logger.warning("The %s answers again.", self.name)
