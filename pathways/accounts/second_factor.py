"""The second factor: an application on the telephone that shows codes, and recovery codes for when it is lost."""

import io
from base64 import b32encode

import qrcode
from django.conf import settings
from django.db import transaction
from django_otp import user_has_device
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from qrcode.image.svg import SvgPathFillImage

from pathways.curation.workflow import REVIEW

RECOVERY_CODES = 10


def is_required(user):
    """Whether ``user`` has to have a second factor: who can publish, or do everything, where the setting says so."""
    return settings.REQUIRE_SECOND_FACTOR and (user.is_superuser or user.has_perm(REVIEW))


def lacks(user):
    """Return the name of the view that ``user`` has to go through before anything else, or None."""
    if not user.is_authenticated or user.is_verified():
        return None
    if user_has_device(user):
        return "accounts:second-factor"
    return "accounts:enrol" if is_required(user) else None


def pending_device(user):
    """Return the device that ``user`` is setting up, a new one if there is none."""
    device = TOTPDevice.objects.filter(user=user, confirmed=False).first()
    return device or TOTPDevice.objects.create(user=user, name="application", confirmed=False)


@transaction.atomic
def confirm(user, token):
    """Take the device into use that ``user`` sets up, if ``token`` is what it shows; return it, or None.

    One that was in use before goes.
    """
    device = TOTPDevice.objects.select_for_update().filter(user=user, confirmed=False).first()
    if device is None or not device.verify_token(cleaned(token)):
        return None
    TOTPDevice.objects.filter(user=user, confirmed=True).delete()
    device.confirmed = True
    device.save()
    return device


@transaction.atomic
def new_recovery_codes(user):
    """Give ``user`` new recovery codes in place of those there were; return them: they are not shown again."""
    StaticDevice.objects.filter(user=user).delete()
    device = StaticDevice.objects.create(user=user, name="recovery codes")
    codes = [StaticToken.random_token() for _number in range(RECOVERY_CODES)]
    StaticToken.objects.bulk_create(StaticToken(device=device, token=code) for code in codes)
    return codes


@transaction.atomic
def verify(user, token):
    """Return (device, until when no code is looked at): the device of ``user`` that accepts ``token``, or None.

    Each wrong code doubles the time in which none is looked at.
    """
    token = cleaned(token)
    model = TOTPDevice if token.isdecimal() else StaticDevice
    locked_until = None
    for device in model.objects.select_for_update().filter(user=user, confirmed=True):
        allowed, reason = device.verify_is_allowed()
        if not allowed:
            locked_until = reason.get("locked_until")
        elif device.verify_token(token):
            return device, None
    return None, locked_until


@transaction.atomic
def reset(user):
    """Take the second factor of ``user`` away; return whether there was one."""
    gone = TOTPDevice.objects.filter(user=user).delete()[0] + StaticDevice.objects.filter(user=user).delete()[0]
    return bool(gone)


def codes_left(user):
    """Return how many recovery codes ``user`` has left."""
    return StaticToken.objects.filter(device__user=user).count()


def cleaned(token):
    """Return a code as it is kept, however it was typed."""
    return "".join(token.split()).lower()


def secret(device):
    """Return the secret of ``device`` as it is typed into an application, in groups of four."""
    text = b32encode(device.bin_key).decode()
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def qr_code(device):
    """Return the picture, as SVG, that an application reads the secret of ``device`` from."""
    out = io.BytesIO()
    qrcode.make(device.config_url, image_factory=SvgPathFillImage, box_size=12).save(out)
    return out.getvalue()
