"""Terms and records that are chosen by typing: what a form sends back may be anything."""

from django.contrib.admin.widgets import AutocompleteSelect, AutocompleteSelectMultiple

from .editing import number


class IdsOnly:
    """Shows what is chosen of those that go by an id; Django's own widget fails over anything else."""

    def optgroups(self, name, value, attr=None):
        return super().optgroups(name, [one for one in value if not one or number(one)], attr)


class Choice(IdsOnly, AutocompleteSelect):
    pass


class Choices(IdsOnly, AutocompleteSelectMultiple):
    def value_from_datadict(self, data, files, name):
        # What is no id is a wrong choice, but a number without end an error of SQLite's.
        return [one if number(one) else "" for one in super().value_from_datadict(data, files, name)]


class ChoosingMixin:
    """Gives the autocomplete fields of a form, or of its rows, these widgets."""

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        return super().formfield_for_foreignkey(db_field, request, **self.choosing(Choice, db_field, request), **kwargs)

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        return super().formfield_for_manytomany(
            db_field, request, **self.choosing(Choices, db_field, request), **kwargs
        )

    def choosing(self, widget, db_field, request):
        by_typing = db_field.name in self.get_autocomplete_fields(request)
        return {"widget": widget(db_field, self.admin_site)} if by_typing else {}
