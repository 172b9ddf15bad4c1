"""Run as a process of its own: does something once for each of its writes, and kills itself after that write.

Each time a child is forked, whose connection dies with it; what it left is then compared with what stood before. Prints
a line of JSON: how many writes there were, and after which of them something other than the state before was found.
"""

import hashlib
import json
import os
import signal
from collections.abc import Callable

from tests.killing import forked

WRITES = ("INSERT", "UPDATE", "DELETE")
MOST_WRITES = 1_000


def main(prepare: Callable, act: Callable, finished: Callable):
    """Prepare the database; act in children that die; then act in one that does not."""
    prepare()
    before, torn = state(), []
    for number in range(1, MOST_WRITES):
        killed = child(act, number)
        if not killed:
            break
        if state() != before:
            torn.append(number)
    print(json.dumps({"writes": number - 1, "torn": torn, "finished": finished()}))


def child(act, number):
    """Act in another process that kills itself after its write of that ``number``; return whether it came to that."""
    from django.db import connection

    written = 0

    def count(execute, sql, params, many, context):
        nonlocal written
        result = execute(sql, params, many, context)
        if sql.lstrip().upper().startswith(WRITES):
            written += 1
            if written == number:
                os.kill(os.getpid(), signal.SIGKILL)
        return result

    def counted():
        with connection.execute_wrapper(count):
            act()

    return forked(counted)


def state():
    """Return what tells whether anything in the database is another than it was."""
    from django.apps import apps

    found = hashlib.sha256()
    for model in apps.get_models():
        for row in model._base_manager.order_by("pk").values_list():
            found.update(repr((model._meta.label, row)).encode())
    return found.hexdigest()
