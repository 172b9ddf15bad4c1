"""The public forms: what a suggestion says, and what keeps robots away without asking anybody for anything.

They need no cookie, and so no token of Django's: nobody is logged in who could be made to send something. Instead each
form carries a signed number of its own, with the time it was made.
"""

import secrets
import time

from django import forms
from django.core import signing
from django.utils.translation import gettext_lazy as _

from pathways.vocabulary.models import Theme
from practices.models import Practice

SALT = "pathways.suggestions"
# Seconds within which nobody fills in a form, and after which it has lain too long.
QUICKEST, SLOWEST = 3, 24 * 3600
MOST_THEMES = 4


def new_mark():
    """Return the signed number of a new form."""
    return signing.dumps({"id": secrets.token_hex(16), "at": int(time.time())}, salt=SALT)


class PublicForm(forms.Form):
    """What both forms have in common. ``mark_id`` is the number of the form, once it is valid."""

    contact = forms.CharField(
        label=_("How to reach you"),
        max_length=200,
        required=False,
        help_text=_("If you like to be asked back. Only the secretariat sees it."),
    )
    website = forms.CharField(required=False, widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}))
    mark = forms.CharField(widget=forms.HiddenInput, max_length=300, required=False)

    mark_id = None
    required_css_class = "required"

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial.setdefault("mark", new_mark())
        if self.is_bound:
            self.data = self.data.copy()

    @property
    def fields_to_show(self):
        return [field for field in self.visible_fields() if field.name != "website"]

    def clean_website(self):
        if self.cleaned_data["website"]:
            raise forms.ValidationError(_("A field that people do not see was filled in: leave it empty."))
        return ""

    def clean(self):
        data = super().clean()
        mark = data.pop("mark", "")
        data.pop("website", "")
        try:
            made = signing.loads(mark, salt=SALT, max_age=SLOWEST)
        except signing.SignatureExpired:
            self.renew()
            raise forms.ValidationError(_("The form has lain too long. Look it over, and send it again.")) from None
        except signing.BadSignature:
            self.renew()
            raise forms.ValidationError(_("The form was not whole. Look it over, and send it again.")) from None
        if time.time() - made["at"] < QUICKEST:
            raise forms.ValidationError(_("That was quicker than people write. Wait a moment, and send it again."))
        self.mark_id = made["id"]
        return data

    def renew(self):
        """Give the form that is shown again another number."""
        self.data["mark"] = new_mark()

    def content(self):
        """Return what was sent as plain data, the fields left empty left out."""
        data = {name: value for name, value in self.cleaned_data.items() if name != "contact"}
        if "themes" in data:
            data["themes"] = [theme.slug for theme in data["themes"]]
        return {name: value for name, value in data.items() if value}


def long_text(rows, **attributes):
    return forms.Textarea(attrs={"rows": rows, **attributes})


class PracticeForm(PublicForm):
    """A practice that is missing."""

    title = forms.CharField(label=_("Name of the practice"), max_length=300, help_text=_("As it is printed."))
    kind = forms.ChoiceField(label=_("Kind"), choices=Practice.Kind)
    summary = forms.CharField(
        label=_("What it is"),
        max_length=2000,
        widget=long_text(5),
        help_text=_("In your own words, in 20 to 80 of them: who does what, for whom, and where."),
    )
    countries = forms.CharField(
        label=_("Countries"),
        max_length=1000,
        required=False,
        widget=long_text(3),
        help_text=_("One a line, each with its part: “Morocco: origin”. Leave it empty if the source names none."),
    )
    themes = forms.ModelMultipleChoiceField(
        label=_("Themes"),
        queryset=Theme.objects.all(),
        to_field_name="slug",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("One to four that tell most."),
    )
    source = forms.CharField(
        label=_("Where it is printed"),
        max_length=1000,
        widget=long_text(3),
        help_text=_("The document, and the place in it: page, heading or paragraph."),
    )
    link = forms.URLField(label=_("Its address on the web"), max_length=500, required=False, assume_scheme="https")
    more = forms.CharField(label=_("What else we should know"), max_length=5000, required=False, widget=long_text(5))

    field_order = ("title", "kind", "summary", "countries", "themes", "source", "link", "more", "contact")

    def clean_themes(self):
        themes = self.cleaned_data["themes"]
        if len(themes) > MOST_THEMES:
            raise forms.ValidationError(_("Choose four at most."))
        return themes


class ErrorForm(PublicForm):
    """Something in a record that is not right."""

    wrong = forms.CharField(
        label=_("What is not right"),
        max_length=3000,
        widget=long_text(5),
        help_text=_("The words or the figure as they stand here."),
    )
    right = forms.CharField(label=_("What it should say"), max_length=3000, required=False, widget=long_text(5))
    source = forms.CharField(
        label=_("Where that is printed"),
        max_length=1000,
        widget=long_text(3),
        help_text=_("The document, and the place in it: page, heading or paragraph."),
    )

    field_order = ("wrong", "right", "source", "contact")


FORMS = {"practice": PracticeForm, "error": ErrorForm}


def told(suggestion):
    """Return (label, text) for each field of a suggestion, in the order of its form."""
    fields = FORMS[suggestion.kind].base_fields
    names = FORMS[suggestion.kind].field_order
    content = suggestion.content
    if content.get("kind") in Practice.Kind.values:
        content = content | {"kind": Practice.Kind(content["kind"]).label}
    if "themes" in content:
        themes = Theme.objects.filter(slug__in=content["themes"])
        content = content | {"themes": ", ".join(theme.name for theme in themes)}
    return [(fields[name].label, content[name]) for name in names if content.get(name)]
