"""The accounts' pages of the admin: who may give rights to whom, the second factor's reset, and the audit log."""

from axes.utils import reset
from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import UserAdmin
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from pathways.curation.desk.lists import DatedMixin

from . import audit, second_factor
from .models import Event

User = get_user_model()

admin.site.unregister(User)
# A secret that a page shows is none; devices are set up by their owners, and reset on the page of accounts.
admin.site.unregister([TOTPDevice, StaticDevice])


@admin.register(User)
class AccountAdmin(UserAdmin):
    """Only who has every right gives that, or a right by itself, or touches the account of such a one."""

    list_display = ("username", "email", "first_name", "last_name", "groups_of", "second_factor", "is_active")
    list_filter = ("groups", "is_active", "is_staff", "is_superuser")
    actions = ("reset_second_factor", "let_in")

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("groups", "totpdevice_set")

    @admin.display(description=_("groups"))
    def groups_of(self, user):
        return ", ".join(group.name for group in user.groups.all())

    @admin.display(description=_("second factor"), boolean=True)
    def second_factor(self, user):
        return any(device.confirmed for device in user.totpdevice_set.all())

    def get_readonly_fields(self, request, obj=None):
        fields = super().get_readonly_fields(request, obj)
        return fields if request.user.is_superuser else (*fields, "is_superuser", "user_permissions")

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and self.may_touch(request, obj)

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and self.may_touch(request, obj)

    def may_touch(self, request, obj):
        return obj is None or request.user.is_superuser or not obj.is_superuser

    def get_deleted_objects(self, objs, request):
        deleted, counts, permissions, protected = super().get_deleted_objects(objs, request)
        protected += [str(user) for user in objs if not self.may_touch(request, user)]
        return deleted, counts, permissions, protected

    @admin.action(description=_("Reset the second factor"), permissions=["change"])
    def reset_second_factor(self, request, queryset):
        """Take it away from who has lost it; who must have one sets up another at the next login."""
        users = [user for user in queryset if self.has_change_permission(request, user)]
        done = [user for user in users if second_factor.reset(user)]
        for user in done:
            audit.write(Event.Kind.RESET, request=request, subject=user)
        said = ngettext("%d second factor was reset.", "%d second factors were reset.", len(done)) % len(done)
        self.message_user(request, said, messages.SUCCESS if done else messages.WARNING)

    @admin.action(description=_("Let in again who was locked out"), permissions=["change"])
    def let_in(self, request, queryset):
        done = [user for user in queryset if reset(username=user.get_username())]
        for user in done:
            audit.write(Event.Kind.ACCOUNT, request=request, subject=user, detail=_("let in again"))
        said = ngettext("%d account can log in again.", "%d accounts can log in again.", len(done)) % len(done)
        self.message_user(request, said, messages.SUCCESS if done else messages.WARNING)


@admin.register(Event)
class EventAdmin(DatedMixin, admin.ModelAdmin):
    """The audit log is read here, and nothing else."""

    list_display = ("at", "kind", "username", "subject", "detail", "address")
    list_filter = ("kind",)
    search_fields = ("username", "subject", "detail")
    date_hierarchy = "at"
    fields = readonly_fields = ("at", "kind", "username", "subject", "detail", "address")

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
