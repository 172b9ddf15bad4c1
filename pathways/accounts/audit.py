"""Writes the audit log: signals of accounts, of rights and of logins each become an entry."""

from contextlib import contextmanager
from contextvars import ContextVar

from axes.signals import user_locked_out
from django.contrib.auth import get_user_model, signals
from django.contrib.auth.models import Group
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_save
from django.utils.translation import gettext as _

from .clients import client_address
from .models import Event

Kind = Event.Kind
# What of an account is told of when it changes; the password is told of by itself, and never shown.
WATCHED = ("username", "email", "is_active", "is_staff", "is_superuser")

current_request = ContextVar("current_request", default=None)


@contextmanager
def during(request):
    """Within it, whatever is written was done by the user of ``request``."""
    token = current_request.set(request)
    try:
        yield
    finally:
        current_request.reset(token)


def write(kind, *, request=None, actor=None, username="", subject="", detail=""):
    """Add an entry to the audit log, by the user of the request at hand if nobody else is named; return it."""
    request = request or current_request.get()
    if actor is None and not username and request is not None:
        user = getattr(request, "user", None)
        actor = user if user is not None and user.is_authenticated else None
    return Event.objects.create(
        kind=kind,
        actor_id=actor.pk if actor else None,
        username=username or (actor.get_username() if actor else ""),
        subject=str(subject)[:300],
        detail=detail,
        address=client_address(request) if request is not None else None,
    )


def connect():
    """Listen to what is to be told of."""
    user_model = get_user_model()
    signals.user_logged_in.connect(logged_in)
    signals.user_logged_out.connect(logged_out)
    signals.user_login_failed.connect(login_failed)
    user_locked_out.connect(locked_out)
    pre_save.connect(remember, sender=user_model)
    post_save.connect(account_saved, sender=user_model)
    post_delete.connect(deleted, sender=user_model)
    post_save.connect(group_saved, sender=Group)
    post_delete.connect(deleted, sender=Group)
    for through in (user_model.groups.through, user_model.user_permissions.through, Group.permissions.through):
        m2m_changed.connect(rights_changed, sender=through)


def logged_in(sender, request, user, **kwargs):
    write(Kind.LOGIN, request=request, actor=user)


def logged_out(sender, request, user, **kwargs):
    if user is not None:
        write(Kind.LOGOUT, request=request, actor=user)


def login_failed(sender, credentials, request=None, **kwargs):
    # Some type their password where the name belongs: only names that there are, are kept.
    name = known_name(credentials.get("username"))
    write(Kind.FAILURE, request=request, username=name or _("(no such account)"))


def locked_out(sender, request, username, **kwargs):
    write(Kind.LOCKOUT, request=request, username=known_name(username) or _("(no such account)"))


def known_name(name):
    """Return ``name`` if an account has it, else nothing."""
    users = get_user_model()
    return name if name and users.objects.filter(**{users.USERNAME_FIELD: name}).exists() else ""


def remember(sender, instance, raw=False, update_fields=None, **kwargs):
    """Keep what an account was before it is saved."""
    quiet = raw or update_fields is not None or instance.pk is None
    instance.account_before = None if quiet else sender._base_manager.filter(pk=instance.pk).first()


def account_saved(sender, instance, created, raw=False, **kwargs):
    before, instance.account_before = getattr(instance, "account_before", None), None
    if created and not raw:
        write(Kind.ACCOUNT, subject=instance, detail=_("made"))
        if instance.is_superuser:
            write(Kind.RIGHTS, subject=instance, detail=_("has every right"))
    if before is None:
        return
    changed = [name for name in WATCHED if getattr(before, name) != getattr(instance, name)]
    if changed:
        rights = {"is_active", "is_staff", "is_superuser"} & set(changed)
        told = "; ".join(f"{name}: {getattr(before, name)} → {getattr(instance, name)}" for name in changed)
        write(Kind.RIGHTS if rights else Kind.ACCOUNT, subject=instance, detail=told)
    if before.password != instance.password:
        write(Kind.PASSWORD, subject=instance)


def group_saved(sender, instance, created, raw=False, **kwargs):
    if created and not raw:
        write(Kind.RIGHTS, subject=instance, detail=_("group made"))


def deleted(sender, instance, **kwargs):
    write(Kind.RIGHTS, subject=instance, detail=_("removed"))


def rights_changed(sender, instance, action, model, pk_set, **kwargs):
    """Tell which groups or permissions someone or some group was given or lost."""
    if action == "pre_clear":
        write(Kind.RIGHTS, subject=instance, detail=_("lost all: %s") % model._meta.verbose_name_plural)
    elif action in {"post_add", "post_remove"} and pk_set:
        names = ", ".join(str(one) for one in model._base_manager.filter(pk__in=pk_set))
        sign = _("given: %s") if action == "post_add" else _("lost: %s")
        write(Kind.RIGHTS, subject=instance, detail=sign % names)
