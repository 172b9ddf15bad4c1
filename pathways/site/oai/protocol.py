"""The rules of OAI-PMH 2.0: which arguments a verb takes, what is wrong with them, and where a list goes on."""

import re
from datetime import date
from typing import NamedTuple

from django.core import signing
from django.utils.translation import gettext as _

PREFIX = "oai_dc"
SALT = "oai-pmh"
# How sets and prefixes are written; a colon leads to a set within a set.
WORD = r"[A-Za-z0-9\-_.!~*'()]+"
FORM = {"metadataPrefix": re.compile(WORD), "set": re.compile(f"{WORD}(:{WORD})*")}


class Verb(NamedTuple):
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    is_list: bool = False


RANGE = ("from", "until", "set")
VERBS = {
    "Identify": Verb(),
    "ListMetadataFormats": Verb(optional=("identifier",)),
    "ListSets": Verb(is_list=True),
    "ListIdentifiers": Verb(("metadataPrefix",), RANGE, is_list=True),
    "ListRecords": Verb(("metadataPrefix",), RANGE, is_list=True),
    "GetRecord": Verb(("identifier", "metadataPrefix")),
}


class ProtocolError(Exception):
    """An error of the protocol: its code, and what to say."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


class Position(NamedTuple):
    """Where a list goes on, as its resumption token says: behind a day and an identifier, after so many items.

    Items are in the order of the days they last changed. What changes while a list is read moves to its end, so that
    nothing is missed, and no state is kept; only a token from before the data was restored or rebuilt (another epoch),
    when days may have gone back, leads nowhere.
    """

    verb: str
    epoch: str
    arguments: dict[str, str]
    behind: list[str]
    cursor: int

    def token(self):
        return signing.dumps(self, salt=SALT, compress=True)


def position_of(token, verb, epoch):
    """Return the Position that a resumption token stands for, if it is of ``verb`` and ``epoch``."""
    try:
        position = Position(*signing.loads(token, salt=SALT))
    except (signing.BadSignature, ValueError):
        raise ProtocolError("badResumptionToken", _("This is not a resumption token of this repository.")) from None
    if (position.verb, position.epoch) != (verb, epoch):
        message = _("This resumption token is of another verb, or of data that was restored since: start anew.")
        raise ProtocolError("badResumptionToken", message)
    return position


def arguments_of(data):
    """Return the verb and the arguments of a request, each known, given once, and of the form it should have."""
    verbs = data.getlist("verb")
    if len(verbs) != 1 or verbs[0] not in VERBS:
        raise ProtocolError("badVerb", _("Give one verb: %s.") % ", ".join(VERBS))
    verb = VERBS[verbs[0]]
    given = {name: values for name, values in data.lists() if name != "verb"}
    for name, values in given.items():
        if name not in (*verb.required, *verb.optional) and not (verb.is_list and name == "resumptionToken"):
            raise ProtocolError(
                "badArgument", _("The verb %(verb)s takes no %(name)s.") % {"verb": verbs[0], "name": name}
            )
        if len(values) != 1:
            raise ProtocolError("badArgument", _("%s is given more than once.") % name)
    arguments = {name: values[0] for name, values in given.items()}
    if "resumptionToken" in arguments:
        if len(arguments) > 1:
            raise ProtocolError("badArgument", _("A resumptionToken comes without other arguments."))
        return verbs[0], arguments
    missing = [name for name in verb.required if name not in arguments]
    if missing:
        raise ProtocolError(
            "badArgument", _("The verb %(verb)s needs %(names)s.") % {"verb": verbs[0], "names": ", ".join(missing)}
        )
    for name, form in FORM.items():
        if name in arguments and not form.fullmatch(arguments[name]):
            raise ProtocolError("badArgument", _("%s has characters that it cannot have.") % name)
    days = [a_day(name, arguments[name]) for name in ("from", "until") if name in arguments]
    if days != sorted(days):
        raise ProtocolError("badArgument", _("The day in from is later than the one in until."))
    if arguments.get("metadataPrefix", PREFIX) != PREFIX:
        raise ProtocolError("cannotDisseminateFormat", _("The only metadataPrefix is %s.") % PREFIX)
    return verbs[0], arguments


def a_day(name, text):
    """Return the day that an argument gives, which is the granularity of this repository."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or str(day) != text:
        raise ProtocolError("badArgument", _("%s is not a day, as 2026-11-20 is.") % name)
    return day
