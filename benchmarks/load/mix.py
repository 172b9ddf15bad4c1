"""What people do at once, for locust: visitors who browse, search, filter and take files away, scripts, and editors.

Read by locust in an environment of its own, so it knows nothing of Django. RATE is how many requests a second each one
makes, without it as many as it can; SAVED is the file that takes a line for each save that was acknowledged.
"""

import json
import os
import random
import time
from html.parser import HTMLParser
from pathlib import Path

from locust import constant_throughput, task
from locust.contrib.fasthttp import FastHttpUser

FACTS = json.loads(Path(os.environ["FACTS"]).read_text())
RATE = float(os.environ.get("RATE", "0"))
waiting = {"wait_time": constant_throughput(RATE)} if RATE else {}


class Visitor(FastHttpUser):
    """A delegate or a researcher."""

    weight = 9
    network_timeout = connection_timeout = 60
    vars().update(waiting)

    def on_start(self):
        self.validators = {}

    def get(self, address, name):
        """Ask as a browser does, which says what it has already."""
        headers = {"If-None-Match": self.validators[address]} if address in self.validators else {}
        with self.client.get(address, name=name, headers=headers, catch_response=True) as response:
            if response.status_code not in {200, 304}:
                response.failure(f"{response.status_code}")
            elif response.status_code == 200 and "ETag" in response.headers and len(self.validators) < 100:
                self.validators[address] = response.headers["ETag"]

    @task(6)
    def home(self):
        self.get("/", "home")

    @task(12)
    def record(self):
        kind = random.choice(["practices", "practices", "outcomes", "meetings"])
        self.get(f"/{kind}/{random.choice(FACTS[kind])}/", f"one of {kind}")

    @task(8)
    def brief(self):
        self.get(f"/countries/{random.choice(FACTS['countries']).lower()}/", "country brief")

    @task(3)
    def theme(self):
        self.get(f"/themes/{random.choice(FACTS['themes'])}/", "theme brief")

    @task(3)
    def overview(self):
        self.get(random.choice(["/corridors/", "/coverage/", "/map/", "/timeline/", "/countries/"]), "overview")

    @task(10)
    def listing(self):
        self.get(random.choice(["/practices/", "/outcomes/", "/meetings/", "/practices/?page=2"]), "list")

    @task(12)
    def filtered(self):
        country, theme = random.choice(FACTS["countries"]), random.choice(FACTS["themes"])
        query = random.choice([f"country={country}", f"theme={theme}", f"country={country}&theme={theme}"])
        self.get(f"/practices/?{query}", "filtered list")

    @task(8)
    def searched(self):
        word = random.choice(FACTS["words"])
        starts = ["/search/?q=", "/practices/?q=", "/search/suggest/?q="]
        self.get(random.choice(starts) + word, "search")

    @task(5)
    def api(self):
        country = random.choice(FACTS["countries"])
        self.get(f"/api/v1/{random.choice(['practices', 'outcomes', 'meetings'])}/?country={country}", "API")

    @task(3)
    def small_file(self):
        extension = random.choice(["csv", "json", "ris", "bib", "atom", "xlsx"])
        self.get(f"/practices.{extension}?country={random.choice(FACTS['countries'])}", "file of a filtered list")

    @task(1)
    def whole_file(self):
        self.get(f"/practices.{random.choice(['csv', 'json', 'xlsx'])}", "file of the whole list")


class Editor(FastHttpUser):
    """Someone of the secretariat, who opens a record of their own and saves it with another text, again and again.

    Mostly it is a draft; now and then a document, whose note everybody is shown at once.
    """

    weight = 1
    network_timeout = connection_timeout = 60
    vars().update(waiting)
    names = iter(FACTS["editors"] * 20)

    def on_start(self):
        self.who = next(self.names)
        self.saves = 0
        token = self.form("/admin/login/", "log in").get("csrfmiddlewaretoken")
        given = {"csrfmiddlewaretoken": token, "username": self.who["name"], "password": self.who["password"]}
        with self.client.post("/admin/login/?next=/admin/", given, name="log in", catch_response=True) as response:
            if "sessionid" not in {cookie.name for cookie in self.client.cookiejar}:
                response.failure("not logged in")

    def form(self, address, name):
        """Return the fields of the page's main form, as they stand."""
        with self.client.get(address, name=name, catch_response=True) as response:
            if response.status_code != 200:
                response.failure(f"{response.status_code}")
                return {}
        fields = Fields()
        fields.feed(response.text)
        return fields.found

    @task(9)
    def draft(self):
        self.save(self.who["draft"], "summary", "a draft")

    @task(1)
    def document(self):
        self.save(self.who["document"], "note", "a public document")

    def save(self, address, field, what):
        fields = self.form(address, f"open {what}")
        if field not in fields:
            return
        self.saves += 1
        mark = f"{self.who['name']} {time.time_ns()} save {self.saves}"
        fields |= {field: f"Saved by the load test: {mark}.", "_continue": "1"}
        with self.client.post(
            address, fields, name=f"save {what}", allow_redirects=False, catch_response=True
        ) as response:
            if response.status_code != 302:
                response.failure(f"{response.status_code}: not saved")
                return
        with open(os.environ["SAVED"], "a") as file:
            file.write(f"{mark}\n")


class Fields(HTMLParser):
    """The fields of a page's main form and their values, as a browser would send them."""

    def __init__(self):
        super().__init__()
        self.found, self.inside, self.select, self.text = {}, False, None, None

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        name = given.get("name")
        if tag == "form" and given.get("id", "").endswith(("_form", "login-form")):
            self.inside = True
        if not self.inside:
            return
        if tag == "input" and name and given.get("type") not in {"submit", "button", "file", "image", "search"}:
            if given.get("type") not in {"checkbox", "radio"}:
                self.add(name, given.get("value") or "")
            elif "checked" in given:
                self.add(name, given.get("value") or "on")
        elif tag == "select":
            self.select = name
        elif tag == "option" and self.select and "selected" in given:
            self.add(self.select, given.get("value") or "")
        elif tag == "textarea":
            self.text = name
            self.found[name] = ""

    def handle_data(self, data):
        if self.text:
            self.found[self.text] += data

    def handle_endtag(self, tag):
        if tag == "form":
            self.inside = False
        elif tag == "textarea" and self.text:
            # HTML drops the first line end of a text area.
            self.found[self.text], self.text = self.found[self.text].removeprefix("\n"), None
        elif tag == "select":
            self.select = None

    def add(self, name, value):
        self.found[name] = [*as_list(self.found[name]), value] if name in self.found else value


def as_list(value):
    return value if isinstance(value, list) else [value]
