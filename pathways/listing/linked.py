"""Linked data: what schema.org and DCAT call the records and the lists of them."""

import json

from django.conf import settings
from django.utils.safestring import mark_safe

SCHEMA = "https://schema.org/"
# Written out, so that no reader has to fetch it; addresses are names of things, not texts.
CONTEXT = {
    "@vocab": SCHEMA,
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    **{name: {"@type": "@id"} for name in ("url", "license", "contentUrl", "sameAs", "dcat:landingPage")},
    **{name: {"@type": "@id"} for name in ("dcat:downloadURL", "dct:license")},
    **{name: {"@type": "xsd:date"} for name in ("dct:issued", "dct:modified")},
    **{name: {"@type": "Date"} for name in ("datePublished", "dateModified", "startDate", "endDate")},
}
# Within a page, the text of a script must hold nothing that ends it.
UNSAFE = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}


def filled(node):
    """Return ``node`` without what is empty."""
    return {name: value for name, value in node.items() if value not in (None, "", [], ())}


def term(name, address=None):
    """Return an entry of a vocabulary."""
    return filled({"@type": "DefinedTerm", "name": name, "url": address})


def publisher(export):
    return {"@type": "Organization", "@id": f"{export.site}/#publisher", "name": settings.SITE_NAME, "url": export.site}


def as_text(node):
    return json.dumps(node, ensure_ascii=False, default=str)


def record_linked(reference, export):
    """Return what all records have in common: each is a work of the secretariat about something."""
    return filled(
        {
            "@id": reference.address,
            "@type": "CreativeWork",
            "url": reference.address,
            "identifier": reference.key,
            "name": reference.title,
            "abstract": reference.abstract,
            "genre": reference.kind,
            "inLanguage": "en",
            "datePublished": reference.published_on,
            "dateModified": reference.updated_on,
            "version": reference.version,
            "keywords": list(reference.keywords),
            "publisher": {"@id": f"{export.site}/#publisher"},
            "license": export.licence_address,
            "isBasedOn": [printed(place) for place in reference.places],
        }
    )


def printed(place):
    """Return where a record is printed: a document, or a part of one if the place in it is known."""
    document = {"@type": "CreativeWork", "name": place.document}
    return {"@type": "CreativeWork", "name": place.locator, "isPartOf": document} if place.locator else document


def dataset(export):
    """Return a list as a data set, in the words of schema.org and of DCAT, with the files it comes in."""
    reference = export.reference
    return filled(
        {
            "@id": reference.address,
            "@type": ["Dataset", "dcat:Dataset"],
            "name": reference.title,
            "dct:title": reference.title,
            "description": f"{reference.kind}: {reference.title}. {export.citation}",
            "dct:description": f"{reference.kind}: {reference.title}.",
            "identifier": reference.key,
            "dct:identifier": reference.key,
            "url": reference.address,
            "dcat:landingPage": reference.address,
            "inLanguage": "en",
            "version": reference.version,
            "dcat:version": reference.version,
            "dateModified": reference.version_on,
            "dct:modified": reference.version_on,
            "publisher": publisher(export),
            "dct:publisher": {"@id": f"{export.site}/#publisher"},
            "license": export.licence_address,
            "dct:license": export.licence_address,
            "creditText": export.citation,
            "isAccessibleForFree": True,
            "distribution": (files := distributions(export)),
            "dcat:distribution": [{"@id": one["@id"]} for one in files],
        }
    )


def distributions(export):
    found = []
    for one, path, _size in export.offers:
        address = export.site + path
        found.append(
            {
                "@id": f"{address}#file",
                "@type": ["DataDownload", "dcat:Distribution"],
                "name": str(one.label),
                "dct:title": str(one.label),
                "encodingFormat": one.media_type,
                "dcat:mediaType": {"@id": f"https://www.iana.org/assignments/media-types/{one.media_type}"},
                "contentUrl": address,
                "dcat:downloadURL": address,
                "dct:license": export.licence_address,
            }
        )
    return found


def in_page(node, export):
    """Return a record's node as the text of a script element of its page, which no browser runs."""
    whole = {"@context": CONTEXT, **node, "publisher": publisher(export)}
    return mark_safe(as_text(whole).translate(UNSAFE))  # noqa: S308 -- what could end the element is escaped
