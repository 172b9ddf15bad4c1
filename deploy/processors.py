"""Each process of the application server has a processor of its own; a configuration of gunicorn, and a part of ours.

Python runs one thread of a process at a time. Where the threads may be on several processors, each waits on its own to
be let run, and waking one another takes more than what they do: under load a page took up to twice the time.
"""

import os
from collections import Counter


def pre_fork(server, worker):
    """Choose the processor that the fewest other processes have."""
    taken = Counter(one.processor for one in server.WORKERS.values())
    worker.processor = min(sorted(os.sched_getaffinity(0)), key=lambda processor: taken[processor])


def post_fork(server, worker):
    """Keep the new process, with all its threads, on its processor; where that is forbidden it serves all the same."""
    try:
        os.sched_setaffinity(0, {worker.processor})
    except PermissionError:
        server.log.warning("The process may not keep to a processor, and is slower under load.")
