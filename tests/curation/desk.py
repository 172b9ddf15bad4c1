"""What the tests of the secretariat's desk have in common: people of each group, and the pages they open."""

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from pathways.curation.changes import record
from pathways.curation.models import Change, Status
from tests import factories as make
from tests.reading import AdminForm

SUMMARY = "A programme that trains people for work abroad and at home."


class Person:
    """Someone of a group, at a browser of their own."""

    def __init__(self, name, group="Editor"):
        self.user = get_user_model().objects.create_user(name, is_staff=True)
        self.user.groups.add(Group.objects.get(name=group))
        self.client = Client()
        self.client.force_login(self.user)

    def address(self, row, page="change"):
        name = f"admin:{row._meta.app_label}_{row._meta.model_name}"
        return reverse(f"{name}_{page}", args=[] if isinstance(row, type) else [row.pk])

    def open(self, row, page="change", **query):
        return self.client.get(self.address(row, page), query)

    def read(self, row, page="change", **query):
        return self.open(row, page, **query).content.decode()

    def form(self, row):
        return AdminForm(self.read(row, "add" if isinstance(row, type) else "change"))

    def send(self, row, form, page="change", **values):
        return self.client.post(self.address(row, page), {**form.data, **values})

    def save(self, row, form=None, **values):
        response = self.send(row, form or self.form(row), **values)
        assert response.status_code == 302, response.context["errors"] if response.context else response
        return response

    def step(self, row, action, note="A note."):
        return self.client.post(self.address(row, "step"), {"action": action, "note": note}, follow=True)

    def writes(self, **fields):
        """Return a complete practice in draft that this person has written."""
        practice = complete(status=Status.DRAFT, **fields)
        record(Change.Action.ADD, [practice], actor=self.user)
        return practice


def complete(**fields):
    fields = {"summary": SUMMARY, "countries": [("MA", "origin")], "themes": ["free-movement"], **fields}
    return make.practice(**fields)


def published(**fields):
    """Return a published practice with its first version."""
    practice = complete(**fields)
    record(Change.Action.LOAD, [practice])
    return practice
