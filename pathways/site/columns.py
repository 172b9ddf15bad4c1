"""The columns of the export of countries."""

from django.utils.translation import gettext_lazy as _

from pathways.listing.columns import Column, address
from practices.models import Role

COUNTRY_COLUMNS = (
    Column("code", _("ISO 3166-1 alpha-2."), lambda country: country.code),
    Column("name", _("The short name the United Nations use."), lambda country: country.name),
    Column("region", _("The smallest M49 region it lies in."), lambda c: c.region and c.region.code, ("region",)),
    Column("practices", _("Practices it takes part in, in any role but concerned."), lambda c: c.practice_count),
    *(
        Column(
            role.value,
            _("Practices in which its role is “%s”.") % role.label,
            lambda country, name=f"{role.value}_count": getattr(country, name),
        )
        for role in Role
    ),
    Column("meetings", _("Meetings it attended."), lambda country: country.meeting_count),
    address("site:country", "code"),
)
