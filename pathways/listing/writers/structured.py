"""Structured data: JSON."""

from django.utils.translation import gettext_lazy as _
from rest_framework.utils.encoders import JSONEncoder

from ..export import Format

encoder = JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def write_json(export):
    """Yield an object with what is to be said of the list, ``about``, and the records, ``results``, one to a line."""
    serializer = export.of.serializer(context={"site": export.site})
    about = {name: value for name, _label, value in export.about}
    yield f'{{"about":{encoder.encode(about)},"results":['
    separator = "\n"
    for record in export.rows(serializer.related):
        yield separator + encoder.encode(serializer.to_representation(record))
        separator = ",\n"
    yield "\n]}\n"


JSON = Format("json", _("JSON"), "application/json", write_json)
