"""OAI-PMH 2.0: harvesting of practices, outcomes and meetings as Dublin Core, at /oai."""

import re
from bisect import bisect_right
from urllib.parse import urlsplit
from xml.etree import ElementTree

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from pathways.curation.models import DataVersion
from pathways.listing.views import site_address

from .catalogue import catalogue, sets
from .protocol import PREFIX, Position, ProtocolError, arguments_of, position_of

OAI = "http://www.openarchives.org/OAI/2.0/"
OAI_DC = "http://www.openarchives.org/OAI/2.0/oai_dc/"
DC = "http://purl.org/dc/elements/1.1/"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
NAMESPACES = {"": OAI, "oai_dc": OAI_DC, "dc": DC, "xsi": XSI}
OAI_SCHEMA = "http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd"
OAI_DC_SCHEMA = "http://www.openarchives.org/OAI/2.0/oai_dc.xsd"
for name, address in NAMESPACES.items():
    ElementTree.register_namespace(name, address)

# Records in one answer; a longer list goes on with a resumption token.
MOST = 100
# What XML 1.0 has no place for.
NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def add(parent, name, text="", *, namespace=OAI, **attributes):
    """Add an element to ``parent`` and return it; what XML cannot hold is left out of the text."""
    element = ElementTree.SubElement(parent, f"{{{namespace}}}{name}", attributes)
    element.text = NO_XML.sub("", text)
    return element


def add_dublin_core(parent, pairs):
    """Add (element, text) pairs as oai_dc, without those that say nothing."""
    described = add(parent, "dc", namespace=OAI_DC, **{f"{{{XSI}}}schemaLocation": f"{OAI_DC} {OAI_DC_SCHEMA}"})
    for name, text in pairs:
        if text.strip():
            add(described, name, text, namespace=DC)


@method_decorator(csrf_exempt, name="dispatch")
class Harvest(View):
    """Answers the six verbs, by GET or POST. Errors of the protocol are answers like any other, with status 200."""

    http_method_names = ["get", "head", "post", "options"]

    def get(self, request):
        return self.answer(request.GET)

    def post(self, request):
        return self.answer(request.POST)

    def answer(self, data):
        self.site = site_address(self.request)
        self.host = urlsplit(self.site).hostname
        self.version = DataVersion.current()
        schema = {f"{{{XSI}}}schemaLocation": f"{OAI} {OAI_SCHEMA}"}
        root = ElementTree.Element(f"{{{OAI}}}OAI-PMH", schema)
        add(root, "responseDate", timezone.now().strftime("%Y-%m-%dT%H:%M:%SZ"))
        asked = add(root, "request", self.site + reverse("site:oai"))
        try:
            verb, arguments = arguments_of(data)
            # What was asked for is repeated only where it was rightly asked for.
            asked.attrib.update({"verb": verb, **{name: NO_XML.sub("", text) for name, text in arguments.items()}})
            answer = ElementTree.Element(f"{{{OAI}}}{verb}")
            getattr(self, verb)(answer, arguments)
            root.append(answer)
        except ProtocolError as error:
            if error.code in {"badVerb", "badArgument"}:
                asked.attrib.clear()
            add(root, "error", str(error), code=error.code)
        content = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
        response = HttpResponse(content, content_type="text/xml; charset=utf-8")
        response["Access-Control-Allow-Origin"] = "*"
        return response

    # The verbs

    def Identify(self, parent, arguments):
        items = catalogue()
        add(parent, "repositoryName", settings.SITE_NAME)
        add(parent, "baseURL", self.site + reverse("site:oai"))
        add(parent, "protocolVersion", "2.0")
        add(parent, "adminEmail", contact(self.host))
        add(parent, "earliestDatestamp", items[0].day if items else str(timezone.now().date()))
        add(parent, "deletedRecord", "persistent")
        add(parent, "granularity", "YYYY-MM-DD")
        about = [
            ("title", settings.SITE_NAME),
            ("identifier", f"{self.site}/"),
            ("description", _("Version of the data: %s") % self.version),
            ("rights", settings.DATA_LICENCE or _("No licence has been granted for the data yet.")),
            ("rights", settings.DATA_LICENCE and settings.DATA_LICENCE_URL),
        ]
        add_dublin_core(add(parent, "description"), about)

    def ListMetadataFormats(self, parent, arguments):
        if "identifier" in arguments:
            self.item(arguments["identifier"])
        offered = add(parent, "metadataFormat")
        add(offered, "metadataPrefix", PREFIX)
        add(offered, "schema", OAI_DC_SCHEMA)
        add(offered, "metadataNamespace", OAI_DC)

    def ListSets(self, parent, arguments):
        if "resumptionToken" in arguments:
            raise ProtocolError("badResumptionToken", _("The list of sets comes whole."))
        for set_spec, name in sets():
            one = add(parent, "set")
            add(one, "setSpec", set_spec)
            add(one, "setName", name)

    def GetRecord(self, parent, arguments):
        self.add_records(parent, [self.item(arguments["identifier"])])

    def ListIdentifiers(self, parent, arguments):
        self.list(parent, "ListIdentifiers", arguments, self.add_headers)

    def ListRecords(self, parent, arguments):
        self.list(parent, "ListRecords", arguments, self.add_records)

    # What they share

    def list(self, parent, verb, arguments, add_items):
        """Add a part of a list, from its start or from where a resumption token says."""
        cursor, behind = 0, None
        if "resumptionToken" in arguments:
            position = position_of(arguments["resumptionToken"], verb, self.version.epoch)
            arguments, behind, cursor = position.arguments, tuple(position.behind), position.cursor
        items = selected(arguments)
        start = bisect_right(items, behind, key=lambda item: item[:2]) if behind else 0
        part = items[start : start + MOST]
        if behind and not part:
            # All that was to follow has changed since. A list has something in it: what was last, once more.
            part = items[-1:]
        if not part:
            raise ProtocolError("noRecordsMatch", _("Nothing here is of these days and this set."))
        add_items(parent, part)
        if behind or start + MOST < len(items):
            goes_on, token = start + MOST < len(items), ""
            if goes_on:
                token = Position(verb, self.version.epoch, arguments, part[-1][:2], cursor + len(part)).token()
            # What changed its place meanwhile counts where it was.
            size = cursor + len(items) - start
            add(parent, "resumptionToken", token, completeListSize=str(size), cursor=str(cursor))

    def item(self, identifier):
        """Return the Item with an identifier: oai:example.org:practices/palim."""
        before, _colon, local = identifier.rpartition(":")
        if before == f"oai:{self.host}":
            for item in catalogue():
                if item.local == local:
                    return item
        raise ProtocolError("idDoesNotExist", _("There is no record with this identifier."))

    def add_headers(self, parent, items):
        for item in items:
            self.add_header(parent, item, item.is_deleted)

    def add_records(self, parent, items):
        """Add items with what they say, read as the publication rule allows."""
        found = {}
        for source in {item.source.name: item.source for item in items}.values():
            ids = [item.pk for item in items if item.source is source]
            records = source.model.objects.published().prefetch_related(*source.related).in_bulk(ids)
            found.update(((source.name, pk), record) for pk, record in records.items())
        for item in items:
            one, record = add(parent, "record"), found.get((item.source.name, item.pk))
            # What was withdrawn since the catalogue was read is not shown either.
            self.add_header(one, item, record is None)
            if record is not None:
                add_dublin_core(add(one, "metadata"), item.source.describe(record, self.site))

    def add_header(self, parent, item, is_deleted):
        header = add(parent, "header", **({"status": "deleted"} if is_deleted else {}))
        add(header, "identifier", f"oai:{self.host}:{item.local}")
        add(header, "datestamp", item.day)
        for set_spec in item.sets:
            add(header, "setSpec", set_spec)


def selected(arguments):
    """Return the Items that changed on the days, and are in the set, that a list was asked for."""
    first, last, set_spec = (arguments.get(name) for name in ("from", "until", "set"))
    return [
        item
        for item in catalogue()
        if (not first or item.day >= first)
        and (not last or item.day <= last)
        and (set_spec is None or item.is_in(set_spec))
    ]


def contact(host):
    """Return the mail address that the protocol wants: that of the administrators, else the one every host has."""
    if settings.CONTACT_EMAIL:
        return settings.CONTACT_EMAIL
    return f"postmaster@{host if '.' in host else f'{host}.invalid'}"
