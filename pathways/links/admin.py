"""The addresses that were checked: what fails, where it stands, and where to find it now."""

from django.contrib import admin
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from . import addresses
from .models import PATIENCE, LinkCheck


class TroubleFilter(admin.SimpleListFilter):
    title = _("trouble")
    parameter_name = "trouble"

    def lookups(self, request, model_admin):
        return [
            ("broken", _("broken: fails for over a week")),
            ("failing", _("fails")),
            ("moved", _("moved for good")),
        ]

    def queryset(self, request, queryset):
        match self.value():
            case "broken":
                return queryset.broken()
            case "failing":
                return queryset.filter(failing_since__isnull=False)
            case "moved":
                return queryset.filter(moved_for_good=True)
        return queryset


@admin.register(LinkCheck)
class LinkCheckAdmin(admin.ModelAdmin):
    """What ``check_links`` found; nothing is typed here."""

    list_display = ("address", "state", "message", "failing_for", "redirected_to", "checked_at")
    list_filter = (TroubleFilter, "state")
    search_fields = ("address", "redirected_to")
    fields = readonly_fields = (
        "open_address",
        "named_by",
        "state",
        "status",
        "message",
        "redirected_to",
        "moved_for_good",
        "checked_at",
        "failing_since",
    )

    @admin.display(description=_("fails for"), ordering="failing_since")
    def failing_for(self, check):
        if check.failing_since is None:
            return ""
        days = (timezone.now() - check.failing_since).days
        broken = timezone.now() - check.failing_since > PATIENCE
        return _("%d days: broken") % days if broken else _("%d days") % days

    @admin.display(description=_("address"))
    def open_address(self, check):
        return format_html('<a href="{}" rel="noreferrer noopener">{}</a>', check.address, check.address)

    @admin.display(description=_("named by"))
    def named_by(self, check):
        rows = [(model, pk) for model, pk in addresses.users_of([check.address])[check.address]]
        named = [(admin_address(model, pk), model._base_manager.get(pk=pk)) for model, pk in rows]
        return format_html_join("; ", '<a href="{}">{}</a>', named) or _("nothing any more")

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


def admin_address(model, pk):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[pk])
