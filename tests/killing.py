"""A process that is killed on its way, for real."""

import os
import sys


def forked(act):
    """Act in a copy of this process; return whether it was killed. Raise SystemExit if it failed of itself.

    Connections to the database are closed before: what one process has opened, no other may use.
    """
    from django.db import connections

    connections.close_all()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            act()
            code = 0
        finally:
            sys.stderr.flush()
            os._exit(code)
    _pid, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        return True
    if os.WEXITSTATUS(status):
        raise SystemExit("The child failed of itself.")
    return False
