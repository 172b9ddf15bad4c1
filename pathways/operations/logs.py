"""The log: one line for each event, as JSON in production, with the id of the request and nothing of who asked.

What a visitor sends never reaches a line as it was sent: neither an address, nor a path or a query, nor what an error
says while a request is answered, for that may repeat any of them. JSON escapes every control character, so that nobody
can write a line of their own.
"""

import json
import logging
import os
import re
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime

# The id of the request that is being answered; commands have none.
request_id = ContextVar("request_id", default="")

# No line says which thread or process wrote it; so nobody needs to find that out.
logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False

SAID_OF_REQUESTS = re.compile("Invalid request|Error handling request")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class Named(logging.Filter):
    """Gives each record the id of its request, and takes out of what Django and gunicorn write what a visitor sent."""

    def filter(self, record):
        if hasattr(record, "request_id"):
            # Another handler had it before.
            return True
        record.request_id = request_id.get()
        if record.name == "django.request" and record.args:
            # Followed by the path.
            record.msg, record.args = str(record.args[0]), ()
        elif record.name == "gunicorn.error" and (said := SAID_OF_REQUESTS.match(str(record.msg))):
            # Followed by the address of who asked, or by what was asked.
            record.msg, record.args = said[0], ()
        elif record.name.startswith("django.security."):
            what, reason = record.name.rpartition(".")[2], str(record.args[0]) if record.args else ""
            # What was sent stands behind the dash.
            record.msg = ": ".join(filter(None, [what, reason.partition(" - ")[0]]))
            record.args, record.exc_info, record.exc_text = (), None, None
        return True


class JsonLines(logging.Formatter):
    """A line of JSON: time, level, logger, message, request; then the event's own fields, and where an error arose."""

    def format(self, record):
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.request_id:
            line["request"] = record.request_id
        line |= getattr(record, "fields", {})
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            line["error"] = name_of(error)
            line["traceback"] = without_words(error) if record.request_id else self.formatException(record.exc_info)
        return json.dumps(line, default=str)


class Readable(logging.Formatter):
    """A line for people who run the site on their own machine, with all that an error says."""

    def format(self, record):
        fields = " ".join(f"{name}={value}" for name, value in getattr(record, "fields", {}).items())
        head = f"{datetime.fromtimestamp(record.created):%H:%M:%S} {record.levelname} {record.name}"
        line = " ".join(filter(None, [head, record.request_id, record.getMessage(), fields]))
        line = CONTROL.sub(lambda found: repr(found[0])[1:-1], line)
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def without_words(error):
    """Return the traceback of an error and of those that led to it, with their kinds but not what they say."""
    parts, seen = [], set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        kind = ": ".join(filter(None, [name_of(error), known_of(error)]))
        parts.append("".join([*traceback.format_tb(error.__traceback__), kind]))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n\n".join(reversed(parts))


def name_of(error):
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def known_of(error):
    """Return what an error of a database or of the system says that no visitor can have sent."""
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno)
    diagnosis = getattr(error, "diag", None)
    return (
        getattr(error, "sqlite_errorname", "")
        or " ".join(filter(None, [getattr(error, "sqlstate", ""), getattr(diagnosis, "constraint_name", "")]))
        or ""
    )


def someone(*args):
    """Return what the log calls a client that fails to log in; the audit log knows more."""
    return "someone"


def configuration(*, readable):
    """Return the settings of Python's logging: everything to the standard error, for the service manager to keep."""
    lines = Readable if readable else JsonLines
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"named": {"()": Named}},
        "formatters": {"lines": {"()": lines}},
        "handlers": {"console": {"class": "logging.StreamHandler", "filters": ["named"], "formatter": "lines"}},
        "root": {"handlers": ["console"], "level": "WARNING"},
        "loggers": {
            "pathways": {"level": "INFO"},
            "django": {"level": "INFO"},
            # What a visitor got wrong is in the line of the request.
            "django.request": {"level": "ERROR"},
        },
    }
