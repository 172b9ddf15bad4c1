"""The application server, as systemd and the container start it. What of it differs between machines is in the settings
(SETTINGS.md); where it listens is said on the command line.

The settings are read here already, in the process that starts all others: a wrong one stops the start with a line that
says what to set, instead of workers that fail one after the other.
"""

import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from django.core.exceptions import ImproperlyConfigured

from deploy.processors import post_fork, pre_fork  # noqa: F401 -- gunicorn looks for them here

try:
    from pathways.settings import LOGGING, env_number

    workers = env_number("WEB_WORKERS", default=2, least=1)
    threads = env_number("WEB_THREADS", default=4, least=1)
    # What leaks slowly, in whatever library, does not add up. Not all at once, as a new process first makes its index.
    max_requests = env_number("WEB_MAX_REQUESTS", default=20_000, most=10_000_000)
except ImproperlyConfigured as error:
    sys.exit(str(error))

max_requests_jitter = max_requests // 10

# Threads, as requests wait for the database; not more processes, as each has an index of its own.
worker_class = "gthread"
# Each process makes its own connections, index and locks: what one process opened, no other may use.
preload_app = False

# A process that does not so much as turn its loop is ended; how long a request takes does not count with threads. So a
# workbook of 100,000 rows, a minute before its first byte, and an import confirmed in a minute have their time.
timeout = 30
# When a process is asked to stop it takes nothing new, and those two are still finished. systemd waits longer.
graceful_timeout = 120
# nginx opens a connection for each request, so that none is closed while it is about to be used again; a reader who
# comes without nginx keeps one from a page to its style sheets.
keepalive = 5

# What waits while a new release starts or 2,000 people come at once. The kernel allows 4,096.
backlog = 2048
# A filtered list has a long address; the headers of no browser come near these.
limit_request_line = 8190
limit_request_fields = 64
limit_request_field_size = 8190

# A socket is for nginx, which is in the group; its folder keeps everyone else out.
umask = 0o007
# The heartbeats of the processes are not written to a disk that may be slow.
worker_tmp_dir = "/dev/shm"  # noqa: S108 -- a file without a name
# Nobody asks it anything while it runs.
control_socket_disable = True

# Requests are told of by the site and by nginx, without addresses and queries; here, only what befalls the processes,
# in lines like the site's.
accesslog = None
logconfig_dict = {
    **LOGGING,
    "loggers": {**LOGGING["loggers"], "gunicorn.error": {"handlers": ["console"], "level": "INFO", "propagate": False}},
}

# The processes add up their figures in a folder that is new with each start.
if os.environ.get("METRICS_TOKEN") and "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="pathways-figures-")


def child_exit(server, worker):
    """Leave what a process that has ended is at, such as requests on their way, out of the figures."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(worker.pid)
