"""What countries, themes and organisations are found by."""

from pathways.listing.search import Source, register

from .models import Country, Organisation, Theme


def country_texts(country):
    names = [country.name, country.code, *country.other_names.splitlines()]
    return names, names, [country.region.name if country.region else ""], [], []


def theme_texts(theme):
    return [theme.name], [theme.name], [], [theme.description], []


def organisation_texts(organisation):
    names = [organisation.name, organisation.acronym, *organisation.other_name_list]
    where = organisation.country.name if organisation.country else ""
    return names, names, [where], [organisation.get_kind_display()], []


register(Source(number=5, model=Country, texts=country_texts, related=("region",)))
register(Source(number=6, model=Theme, texts=theme_texts))
register(Source(number=7, model=Organisation, texts=organisation_texts, related=("country",)))
