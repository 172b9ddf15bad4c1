"""A small web that misbehaves in every way, on this machine: what check_links is tested against."""

import threading
import time
from collections import Counter
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_HEAD(self):
        self.answer()

    def do_GET(self):
        self.answer()

    def answer(self):
        path = self.path.partition("?")[0]
        web = self.server.web
        with web.lock:
            web.asked.append((self.command, path))
            web.times.append(time.monotonic())
            web.agents.add(self.headers["User-Agent"])
            web.at_once += 1
            web.most_at_once = max(web.most_at_once, web.at_once)
        try:
            getattr(self, "page_" + path.strip("/").replace("-", "_").replace(".", "_"), self.page)()
        except (BrokenPipeError, ConnectionResetError):
            # The other side has had enough.
            self.close_connection = True
        finally:
            with web.lock:
                web.at_once -= 1

    def send(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def page(self):
        self.send(200 if "page" in self.path else 404, b"a page")

    def page_robots_txt(self):
        web = self.server.web
        self.send(200 if web.robots else 404, web.robots.encode())

    def page_gone(self):
        self.send(410)

    def page_broken(self):
        self.send(500)

    def page_no_head(self):
        self.send(405 if self.command == "HEAD" else 200, b"there")

    def page_no_robots(self):
        self.send(403)

    def page_moved(self):
        self.send(301, Location="/page-new")

    def page_moved_for_now(self):
        self.send(302, Location="/page-new")

    def page_moved_to_nothing(self):
        self.send(301, Location="/nothing")

    def page_circle(self):
        self.send(302, Location="/circle-2")

    def page_circle_2(self):
        self.send(302, Location="/circle")

    def page_endless(self):
        web = self.server.web
        web.turns += 1
        self.send(302, Location=f"/endless?{web.turns}")

    def page_inside(self):
        self.send(302, Location="http://169.254.169.254/latest/meta-data/")

    def page_script(self):
        self.send(302, Location="javascript:alert(1)")

    def page_file(self):
        self.send(302, Location="file:///etc/passwd")

    def page_barred_by_a_turn(self):
        self.send(302, Location="/private/page")

    def page_slow(self):
        time.sleep(3)
        self.send(200)

    def page_dripping(self):
        self.send_response_only(200)
        self.flush_headers()
        for _time in range(100):
            self.wfile.write(b"X-Drip: 1\r\n")
            self.wfile.flush()
            time.sleep(0.1)

    def page_huge(self):
        if self.command == "HEAD":
            self.send(405)
            return
        self.send_response_only(200)
        self.send_header("Content-Length", str(10**9))
        self.end_headers()
        for _time in range(10**9 // 10**5):
            self.wfile.write(b"x" * 10**5)
            self.server.web.sent += 10**5

    def page_busy(self):
        web = self.server.web
        web.turns += 1
        if web.turns == 1:
            self.send(429, Retry_After="1")
        else:
            self.send(200)

    def page_busy_for_long(self):
        self.send(429, Retry_After="7200")

    def page_nonsense(self):
        self.wfile.write(b"this is not the web\r\n\r\n")
        self.close_connection = True

    def page_silent(self):
        self.close_connection = True

    def log_message(self, *args):
        """Say nothing."""


class Web:
    """The server, what it was asked, and what its robots.txt says."""

    def __init__(self, server):
        self.server, self.robots = server, ""
        self.lock = threading.Lock()
        self.asked, self.times, self.agents = [], [], set()
        self.turns = self.sent = self.at_once = self.most_at_once = 0

    def address(self, path, host="127.0.0.1"):
        return f"http://{host}:{self.server.server_port}{path}"

    def times_asked(self, path):
        return Counter(asked for _method, asked in self.asked)[path]


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 50


@contextmanager
def serving():
    """Serve the web while the context lasts."""
    server = Server(("127.0.0.1", 0), Handler)
    server.web = Web(server)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.web
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
