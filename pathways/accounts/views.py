"""Giving, setting up and renewing the second factor, within the admin."""

from functools import wraps

import django_otp
from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from . import audit, second_factor
from .models import Event


class CodeForm(forms.Form):
    """The code that stands in the application, or a recovery code."""

    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=30,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"}),
    )


def staff_only(view):
    """Return ``view`` for staff, however they are logged in; others are sent to the login. Nothing of it is kept."""

    @wraps(view)
    @never_cache
    @sensitive_post_parameters()
    def checked(request, *args, **kwargs):
        if not admin.site.has_permission(request):
            return redirect_to_login(request.get_full_path(), reverse("admin:login"))
        return view(request, *args, **kwargs)

    return checked


def locked_out(request, response, credentials):
    """Say why nobody is let in, and what to do: what is answered instead of the login page."""
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
    context = {"failure_limit": settings.AXES_FAILURE_LIMIT, "cooloff_minutes": minutes}
    response = TemplateResponse(request, "accounts/locked_out.html", context, status=429)
    response["Retry-After"] = str(minutes * 60)
    return response.render()


def page(request, template, **context):
    context = {**admin.site.each_context(request), "is_nav_sidebar_enabled": False, "available_apps": [], **context}
    return TemplateResponse(request, f"accounts/{template}.html", context)


def next_address(request):
    """Return where to go when all is done: where one wanted to, if that is here."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    here = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if here else reverse("admin:index")


def verified_by(request, device):
    """Remember that the user of ``request`` gave a code of ``device``, in a session of another name."""
    request.session.cycle_key()
    django_otp.login(request, device)


@staff_only
def give(request):
    """Ask for the second factor."""
    user = request.user
    if user.is_verified() or not django_otp.user_has_device(user):
        return redirect(next_address(request))
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        device, locked_until = second_factor.verify(user, form.cleaned_data["code"])
        if device is not None:
            verified_by(request, device)
            recovered = isinstance(device, StaticDevice)
            audit.write(Event.Kind.RECOVERED if recovered else Event.Kind.VERIFIED, request=request)
            if recovered:
                left = second_factor.codes_left(user)
                messages.warning(request, _("That was a recovery code. Codes left: %d.") % left)
            return redirect(next_address(request))
        audit.write(Event.Kind.UNVERIFIED, request=request)
        if locked_until:
            seconds = max(1, round((locked_until - timezone.now()).total_seconds()))
            form.add_error("code", _("After wrong codes no other is looked at for a while: wait %d seconds.") % seconds)
        else:
            form.add_error("code", _("That is not the code. It changes every half minute: take the one shown now."))
    return page(request, "give", title=_("Second factor"), form=form, next=next_address(request))


@staff_only
def enrol(request):
    """Set up a second factor: the first one by who has none, another by who has given the one there is."""
    user = request.user
    if django_otp.user_has_device(user) and not user.is_verified():
        return redirect("accounts:second-factor")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        device = second_factor.confirm(user, form.cleaned_data["code"])
        if device is not None:
            codes = second_factor.new_recovery_codes(user)
            verified_by(request, device)
            audit.write(Event.Kind.ENROLLED, request=request)
            return page(request, "codes", title=_("Recovery codes"), codes=codes, next=next_address(request))
        form.add_error("code", _("That is not the code. Is the clock of the telephone right? Wait for the next code."))
    device = second_factor.pending_device(user)
    return page(
        request,
        "enrol",
        title=_("Set up a second factor"),
        form=form,
        secret=second_factor.secret(device),
        required=second_factor.is_required(user),
        next=next_address(request),
    )


@staff_only
def picture(request):
    """The secret of the device that is being set up, as a picture for an application to read."""
    device = TOTPDevice.objects.filter(user=request.user, confirmed=False).first()
    if device is None:
        raise Http404
    return HttpResponse(second_factor.qr_code(device), content_type="image/svg+xml")


@staff_only
def manage(request):
    """What second factor one has, and the ways to renew it."""
    user = request.user
    if second_factor.lacks(user):
        return redirect(second_factor.lacks(user))
    if request.method == "POST":
        if not user.is_verified():
            raise PermissionDenied
        if request.POST.get("action") == "codes":
            codes = second_factor.new_recovery_codes(user)
            audit.write(Event.Kind.CODES, request=request)
            return page(request, "codes", title=_("Recovery codes"), codes=codes, next=reverse("accounts:manage"))
        if request.POST.get("action") == "remove" and not second_factor.is_required(user):
            second_factor.reset(user)
            audit.write(Event.Kind.RESET, request=request, subject=user)
            messages.success(request, _("Your second factor was taken away."))
        return redirect("accounts:manage")
    return page(
        request,
        "manage",
        title=_("Second factor"),
        has_device=django_otp.user_has_device(user),
        required=second_factor.is_required(user),
        codes_left=second_factor.codes_left(user),
    )
