"""The server as it is started in production, with the settings of production, asked by readers."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from pathways.settings import BASE_DIR
from tests.conftest import TESTED_DATABASE
from tests.serving import served, until

PRODUCTION = {
    "SECRET_KEY": "a key of the tests, of which nobody needs to be afraid",
    "ALLOWED_HOSTS": "127.0.0.1",
    "HTTPS": "false",
    "WEB_WORKERS": "2",
    "DJANGO_SETTINGS_MODULE": "tests.deploy.site",
}
# As a service manager or a container may have it.
FORBIDDING = """
import os
from deploy.processors import post_fork, pre_fork

def sched_setaffinity(pid, mask):
    raise PermissionError(1, "Operation not permitted")

os.sched_setaffinity = sched_setaffinity
"""
GUNICORN = ["--config", "deploy/gunicorn.conf.py"]


def environment(folder, **settings):
    kept = {name: value for name, value in os.environ.items() if name not in {"LOCAL", "DEBUG", "SITE_URL"}}
    return {**kept, **PRODUCTION, "VAR_DIR": str(folder), "TRIED_IN": str(folder), **settings}


def serving(folder, **settings):
    return served(folder, *GUNICORN, env=environment(folder, **settings), probe="/process")


def processes(server):
    """Return the numbers of the processes that answer twenty requests."""
    answers = [server.get("/process") for _ in range(20)]
    assert {answer.status for answer in answers} == {200}
    return {answer.body for answer in answers}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"WEB_WORKERS": "none"}, "WEB_WORKERS is 'none'; set it to a whole number from 1 to 99.\n"),
        ({"WEB_THREADS": "0"}, "WEB_THREADS is '0'; set it to a whole number from 1 to 99.\n"),
        ({"SECRET_KEY": ""}, "SECRET_KEY is not set; set it to a long random text and keep it secret.\n"),
    ],
)
def test_a_wrong_setting_stops_the_start_and_says_what_to_set(tmp_path, given, message):
    done = subprocess.run(
        [sys.executable, "-m", "gunicorn", *GUNICORN, "--bind=127.0.0.1:0", "pathways.wsgi"],
        cwd=BASE_DIR,
        env=environment(tmp_path, **given),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stderr == message


def test_a_style_sheet_comes_hashed_and_compressed_with_nothing_before_the_server(tmp_path):
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity=0"],
        cwd=BASE_DIR,
        env=environment(tmp_path),
        check=True,
    )
    (sheet,) = (tmp_path / "static/site").glob("site.????????????.css")
    with serving(tmp_path) as server:
        answer = server.get(f"/static/site/{sheet.name}", Accept_Encoding="gzip, br")
        assert (answer.status, answer.headers["Content-Encoding"]) == (200, "br")
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.body == sheet.with_name(f"{sheet.name}.br").read_bytes()
        assert len(answer.body) < sheet.stat().st_size / 2
        plain = server.get(f"/static/site/{sheet.name}")
        assert plain.headers["Content-Encoding"] is None
        assert plain.body == sheet.read_bytes()


def test_what_is_being_answered_is_finished_before_the_server_stops(tmp_path):
    with serving(tmp_path) as server, ThreadPoolExecutor() as pool:
        asked = pool.submit(server.get, "/wait")
        until((tmp_path / "go").exists)
        server.process.terminate()
        (tmp_path / "go").write_text("now")
        assert asked.result().body == b"done"
        assert server.process.wait(60) == 0


def test_no_request_fails_while_the_processes_are_exchanged(tmp_path):
    with serving(tmp_path) as server:
        first = processes(server)
        server.process.send_signal(signal.SIGHUP)
        until(lambda: first.isdisjoint(processes(server)))


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="there is one processor for all")
def test_each_process_has_a_processor_of_its_own_and_the_next_takes_it_over(tmp_path):
    with serving(tmp_path) as server:
        first = until(lambda: len(found := processors(server)) == 2 and found)
        assert len(set(first.values())) == 2
        ended = min(first)
        os.kill(ended, signal.SIGKILL)
        then = until(lambda: len(found := processors(server)) == 2 and ended not in found and found)
        assert first.keys() & then.keys()
        assert set(then.values()) == set(first.values())


def test_a_process_that_may_not_keep_to_a_processor_serves_all_the_same(tmp_path):
    forbidding = tmp_path / "forbidding.py"
    forbidding.write_text(FORBIDDING)
    options = ["--config", str(forbidding)]
    with served(tmp_path, *options, env=environment(tmp_path, WEB_WORKERS="1"), probe="/process") as server:
        assert "may not keep to a processor" in server.logged


def processors(server):
    """Return the one processor that each process that answers may run on."""
    found = {}
    for number in processes(server):
        (found[int(number)],) = os.sched_getaffinity(int(number))
    return found


def test_a_process_makes_room_for_a_new_one_after_so_many_requests(tmp_path):
    with serving(tmp_path, WEB_MAX_REQUESTS="20") as server, ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(server.get, ["/process"] * 100))
        assert {answer.status for answer in answers} == {200}
        assert len({answer.body for answer in answers}) > 2


def test_an_address_that_is_too_long_is_refused(tmp_path):
    with serving(tmp_path) as server:
        assert server.get("/process?q=" + "a" * 8000).status == 200
        assert server.get("/process?q=" + "a" * 9000).status in {400, 414}
        assert "aaaa" not in server.logged


@pytest.mark.skipif(TESTED_DATABASE != "postgresql", reason="only PostgreSQL has connections to share")
@pytest.mark.parametrize(("pool_size", "most"), [("2", 2), ("0", 8)])
def test_threads_share_the_connections_of_the_pool(tmp_path, pool_size, most):
    given = {"WEB_WORKERS": "1", "WEB_THREADS": "8", "DATABASE_POOL": pool_size}
    with serving(tmp_path, **given) as server, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(server.get, ["/database"] * 80))
        assert {answer.status for answer in answers} == {200}
        used = {answer.body for answer in answers}
        assert len(used) <= most
        assert pool_size != "0" or len(used) > 2
