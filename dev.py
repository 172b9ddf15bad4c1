#!/usr/bin/env python3
"""Run or test Pathways with nothing but Python: this makes the environment when it is missing or out of date.

python3 dev.py serve [--port 8000] [--reload]
python3 dev.py test [arguments for pytest]
"""

import argparse
import hashlib
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

OLDEST = (3, 11)
ROOT = Path(__file__).resolve().parent
LOCK = ROOT / "requirements.lock"
VENV = ROOT / ".venv"
STAMP = VENV / "installed"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
# What pip prints when the package index does not answer; the first when it was told not to try again.
NO_NETWORK = (
    "(from versions: none)",
    "NewConnectionError",
    "ConnectTimeoutError",
    "ReadTimeoutError",
    "NameResolutionError",
    "name resolution",
    "ProxyError",
)


def main():
    if sys.version_info < OLDEST:
        stop("Pathways needs Python %d.%d or newer; this is Python %d.%d." % (OLDEST + tuple(sys.version_info[:2])))
    parser = argparse.ArgumentParser(description="Run or test Pathways.")
    commands = parser.add_subparsers(dest="command", required=True)
    serve_parser = commands.add_parser("serve", help="run the knowledge base on this machine")
    serve_parser.add_argument("--port", type=port_number, default=8000)
    serve_parser.add_argument("--reload", action="store_true", help="start anew when the code changes")
    commands.add_parser("test", help="run the linters and the tests; what follows goes to pytest", add_help=False)
    options, rest = parser.parse_known_args()
    if options.command == "test":
        sys.exit(test(rest))
    if rest:
        parser.error("unrecognized arguments: " + " ".join(rest))
    sys.exit(serve(options.port, options.reload))


def port_number(text):
    try:
        port = int(text)
    except ValueError:
        port = 0
    if not 0 < port < 65536:
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65535")
    return port


def serve(port, reload):
    """Prepare the database and serve on this machine only, until interrupted."""
    # Asked first, so that nobody waits for an installation to learn of it.
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            other = port + 1 if 1024 <= port < 65535 else 8000
            stop("Port %d cannot be used (%s). Choose another: dev.py serve --port %d" % (port, error.strerror, other))
    make_environment()
    local = {**os.environ, "LOCAL": os.environ.get("LOCAL", "true")}
    prepared = run([PYTHON, "manage.py", "prepare"], env=local)
    if prepared:
        return prepared
    say(
        "Pathways is at http://127.0.0.1:%d/ and its admin at http://127.0.0.1:%d/admin/ (stop with Ctrl+C)."
        % (port, port)
    )
    command = [str(PYTHON), "manage.py", "runserver", "--skip-checks", "127.0.0.1:%d" % port]
    if not reload:
        command.append("--noreload")
    if os.name == "nt":
        return run(command, env=local)
    # The server takes this process over, so that whoever stops one stops the other.
    os.chdir(str(ROOT))
    return os.execve(command[0], command, local)  # noqa: S606 -- no shell is wanted


def test(arguments):
    """Run the linters, then the tests on SQLite and on PostgreSQL; with arguments, only the tests they choose."""
    make_environment()
    env = {**os.environ, "LOCAL": "true"}
    env.pop("DEBUG", None)
    templates = [str(path.relative_to(ROOT)) for path in sorted((ROOT / "templates").rglob("*.html"))]
    python, programs = str(PYTHON), PYTHON.parent
    checks = [
        [python, "-m", "ruff", "check", "."],
        [python, "-m", "ruff", "format", "--check", "."],
        [str(programs / "djade"), "--check", "--target-version", "5.2", *templates],
        [str(programs / "lint-imports")],
        [python, "manage.py", "makemigrations", "--check", "--dry-run"],
    ]
    lanes = [
        [python, "-m", "pytest", *arguments],
        [python, "-m", "pytest", "-p", "tests.postgresql", *arguments],
    ]
    failed = 0
    for command in lanes if arguments else checks + lanes:
        shown = [Path(command[0]).name, *(part for part in command[1:] if not part.endswith(".html"))]
        say("· " + " ".join(shown)[:100])
        failed = run(command, env=env) or failed
    return failed


def make_environment():
    """Install what the lock file names into .venv, unless that was done already."""
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if PYTHON.exists() and STAMP.exists() and STAMP.read_text() == wanted:
        return
    try:
        import ensurepip  # noqa: F401 -- Debian keeps it in a package of its own, and venv fails without it
        import venv
    except ImportError:
        stop("Python's venv module is missing. On Debian and Ubuntu: apt install python3-venv")
    say("Making the environment in .venv (once; about half a minute) …")
    shutil.rmtree(str(VENV), ignore_errors=True)
    venv.create(str(VENV), with_pip=True)
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
    done = subprocess.run([*pip, "--requirement", str(LOCK)], stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        if any(sign in done.stderr for sign in NO_NETWORK):
            stop(
                "The package index cannot be reached. Is there a network? Nothing is half installed; run this again.\n"
                "pip's last word: " + done.stderr.strip().splitlines()[-1]
            )
        stop("Installing the packages failed:\n" + done.stderr)
    STAMP.write_text(wanted)


def run(command, env):
    """Run a command of the project in its folder and return its exit status."""
    try:
        return subprocess.run([str(part) for part in command], cwd=str(ROOT), env=env, check=False).returncode
    except KeyboardInterrupt:
        return 130


def say(text):
    print(text, flush=True)


def stop(text):
    sys.exit(text)


if __name__ == "__main__":
    main()
