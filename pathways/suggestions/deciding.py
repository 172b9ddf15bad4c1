"""What a curator makes of a suggestion: a draft, a revision, or a reason why not."""

import re

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from pathways.curation import workflow
from pathways.curation.changes import record as write_change
from pathways.curation.models import Change, Status, lines
from pathways.curation.snapshots import apply
from pathways.folding import fold
from pathways.vocabulary.models import Country, Theme
from practices.models import Basis, Practice, Role

from .models import Suggestion

Refused = workflow.Refused


def waiting():
    """Return the suggestions that wait for a curator: the worklist counts them."""
    return Suggestion.objects.waiting()


def locked(suggestion):
    """Return a suggestion as it stands, held until the transaction ends; raise Refused if it was decided on."""
    suggestion = Suggestion.objects.select_for_update().get(pk=suggestion.pk)
    if not suggestion.is_waiting:
        raise Refused(_("Someone else has decided on it: it is %s.") % suggestion.get_state_display())
    return suggestion


@transaction.atomic
def take_up(suggestion, user):
    """Make a draft of a suggested practice, or open the revision of a record with an error; return what to edit."""
    suggestion = locked(suggestion)
    if suggestion.kind == Suggestion.Kind.PRACTICE:
        made = edited = draft(suggestion, user)
    else:
        made = suggestion.subject
        if made is None:
            raise Refused(_("The record is not there any more."))
        edited = workflow.revise(made, user)
    suggestion.made_type = ContentType.objects.get_for_model(made)
    suggestion.made_id = made.pk
    decide(suggestion, Suggestion.State.TAKEN_UP, user)
    return edited


@transaction.atomic
def decline(suggestion, user, reason):
    """Decline a suggestion; the sender reads the reason."""
    suggestion = locked(suggestion)
    if not reason.strip():
        raise Refused(_("Give a reason: the sender reads it."))
    suggestion.reason = reason.strip()
    decide(suggestion, Suggestion.State.DECLINED, user)


def decide(suggestion, state, user):
    suggestion.state, suggestion.decided_by, suggestion.decided_at = state, user, timezone.now()
    suggestion.save()


def draft(suggestion, user):
    """Return a new draft of a practice, with what the suggestion says that has a field of its own."""
    practice = Practice(slug=free_slug(suggestion.title), status=Status.DRAFT)
    try:
        apply(practice, draft_content(suggestion.content))
    except ValidationError as error:
        raise Refused(" ".join(error.messages)) from None
    write_change(Change.Action.ADD, [practice], actor=user, note=_("from suggestion %d") % suggestion.pk)
    return practice


def draft_content(content):
    """Return the content of a practice, as snapshots have it. Where it is printed remains for the curator to cite."""
    data = {name: content[name] for name in ("title", "kind", "summary") if name in content}
    themes = Theme.objects.filter(slug__in=content.get("themes", ())).values_list("slug", flat=True)
    data["theme_rows"] = [{"theme": slug} for slug in content.get("themes", ()) if slug in set(themes)]
    data["country_rows"] = country_rows(content.get("countries", ""))
    data["links"] = [{"url": content["link"]}] if "link" in content else []
    return data


def country_rows(text):
    """Return a row for each line that begins with the name of a country; without a role it is a partner, inferred."""
    names = country_names()
    rows = {}
    for line in lines(text):
        name, _mark, rest = (part.strip() for part in re.split(r"(\s[–—-]\s|[:;,(])", f"{line}:", maxsplit=1))
        code = names.get(fold(line)) or names.get(fold(name))
        if code is None:
            continue
        words = set(re.findall(r"\w+", rest.lower()))
        role = next((role for role in Role.values if role in words), None)
        row = {"country": code, "role": role or Role.PARTNER.value}
        row["basis"] = (Basis.STATED if role else Basis.ROLE_INFERRED).value
        rows.setdefault((row["country"], row["role"]), row)
    return list(rows.values())


def country_names():
    """Return the code of each country by each of its names, folded."""
    names = {}
    for country in Country.objects.all():
        for name in (country.code, country.name, *lines(country.other_names)):
            names[fold(name)] = country.code
    return names


def free_slug(title):
    """Return an address for a practice of this title that no other has, or had."""
    base = slugify(title)[:70] or "suggestion"
    taken = set(Practice._base_manager.filter(slug__startswith=base).values_list("slug", flat=True))
    former = Practice._base_manager.filter(former_slugs__contains=base).values_list("former_slugs", flat=True)
    taken |= {slug for text in former for slug in lines(text)}
    number, slug = 1, base
    while slug in taken:
        number += 1
        slug = f"{base}-{number}"
    return slug
