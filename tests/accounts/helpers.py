"""People who curate, and what an application on their telephone would show."""

import time

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django_otp.oath import totp
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

PASSWORD = "a long enough passphrase"
GROUPS = ("Editor", "Reviewer", "Administrator")


def person(role, name=None, **fields):
    """Make an account in a role; only with a password if one is given, as it takes long to hash."""
    fields |= {"is_staff": role != "reader", "is_superuser": role == "superuser"}
    made = get_user_model().objects.create_user(name or role.lower(), **fields)
    if role in GROUPS:
        made.groups.add(Group.objects.get(name=role))
    return made


def with_device(user):
    """Give ``user`` a device that is in use; return it."""
    return TOTPDevice.objects.create(user=user, name="application", confirmed=True)


def with_codes(user, *codes):
    device = StaticDevice.objects.create(user=user, name="recovery codes")
    for code in codes:
        device.token_set.create(token=code)
    return device


def shown(device, ahead=0):
    """Return the code that the application shows now, or so many steps ahead."""
    number = totp(device.bin_key, device.step, device.t0, device.digits, int(device.drift) + ahead)
    return f"{number:06d}"


def rested(device):
    """Let the time pass in which a device looks at no code, and the last one pass away."""
    device.throttling_failure_timestamp = None
    device.throttling_failure_count = 0
    device.last_t = int(time.time()) // device.step - 2
    device.save()
