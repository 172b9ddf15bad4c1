"""What imports know of practices: the columns that can be written, and the sheets of the rows that a practice owns."""

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from pathways.curation.importing.columns import Column, Importable, Rows, Several, parts, put
from pathways.listing.columns import as_text

from .columns import PRACTICE_COLUMNS
from .models import Practice, Role


@dataclass(frozen=True)
class Inferred(Column):
    """Which fields the curator inferred. Roles, which exports name here too, have a column “basis” in their sheets."""

    def read(self, text, data, shown, model, dictionary):
        fields, wrong = [], []
        for value in parts(text):
            if value in Practice.Inferrable.values:
                fields.append(value)
            elif value not in shown:
                wrong.append(value)
        roles = [value for value in shown if value not in Practice.Inferrable.values]
        gone = [value for value in roles if value not in parts(text)]
        if wrong or gone:
            raise ValidationError(
                _("“%s”: say in the column “basis” of the sheets whether a role is stated or inferred.")
                % "; ".join(wrong + gone)
            )
        put(data, self.name, sorted(fields))


def in_role(role):
    return Rows(
        role.value,
        rows="country_rows",
        written="{country}",
        read_as="(?P<country>.+)",
        fixed=(("role", role.value),),
    )


PRACTICE_SHEETS = Importable(
    model=Practice,
    sheet="Practices",
    columns=(
        Column("title"),
        Column("title_supplied"),
        Column("acronym"),
        Several("other_names"),
        Column("kind"),
        Column("lifecycle"),
        Column("summary"),
        Column("description"),
        Column("start_year"),
        Column("end_year"),
        *(in_role(role) for role in Role),
        Column("none_named"),
        Rows("regions", rows="region_rows", written="{region}"),
        Several("places"),
        Rows("themes", rows="theme_rows", written="{theme}", read_as="(?P<theme>.+)"),
        Several("sectors"),
        Several("target_groups"),
        Several("skill_levels"),
        Rows(
            "organisations",
            rows="organisation_rows",
            written="{organisation} ({role})",
            read_as=r"(?P<organisation>.+) \((?P<role>[^()]+)\)",
        ),
        Several("gcm_objectives"),
        Several("sdg_targets"),
        Several("instruments"),
        Inferred("inferred"),
        Rows("figures", rows="figures", written="{value} {counts} ({nature})"),
        Rows("relations", rows="relations", written="{kind} {other}", read_as=r"(?P<kind>\S+) (?P<other>.+)"),
        Rows("links", rows="links", written="{url}", read_as=r"(?P<url>\S+)"),
        Rows(
            "sources",
            rows="citations",
            written="{document} ({locator})",
            read_as=r"(?P<document>.+?) \((?P<locator>.+)\)",
            balanced=True,
        ),
    ),
    exported=PRACTICE_COLUMNS,
    as_text=as_text,
    sheets={
        "Countries": "country_rows",
        "Regions": "region_rows",
        "Organisations": "organisation_rows",
        "Themes": "theme_rows",
        "Figures": "figures",
        "Links": "links",
        "Citations": "citations",
        "Relations": "relations",
        "Responses": "responses",
    },
    names=("title", "acronym", "other_names"),
    slug_from={"figures": "counts"},
    example={
        "Practices": {
            "title": "Nurses for Two Shores",
            "acronym": "N2S",
            "kind": "programme",
            "lifecycle": "ongoing",
            "summary": "Trains nurses for work at home and abroad, and has their diplomas recognised beforehand.",
            "start_year": "2021",
            "target_groups": "youth; women",
            "gcm_objectives": "5; 18",
        },
        "Countries": {"country": "Morocco", "role": "origin", "basis": "stated"},
        "Regions": {"region": "ECOWAS", "role": "concerned", "basis": "stated"},
        "Organisations": {"organisation": "IOM", "role": "lead", "basis": "stated", "contribution": "ran the courses"},
        "Themes": {"theme": "skills-development-and-training"},
        "Figures": {
            "value": "over 300",
            "low": "300",
            "counts": "nurses trained",
            "nature": "result",
            "period": "2021",
        },
        "Links": {"url": "https://example.org/nurses", "title": "The programme's page"},
        "Citations": {
            "document": "the document's title",
            "locator": "Annex 1, §2b",
            "shared_by": "national-government",
        },
        "Relations": {"other": "id-of-another-practice", "kind": "part-of"},
        "Responses": {"outcome": "id-of-a-recommendation", "reason": "It trains nurses before they leave."},
    },
)
