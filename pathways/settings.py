"""Settings of Pathways. What differs between machines comes from the environment and is checked here.

LOCAL=true is a run on one's own machine (dev.py sets it): the secret key is made and kept in var/, localhost is
allowed, and static files are served from the apps. Without it nothing is assumed.
"""

import os
import re
import secrets
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

import dj_database_url
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from pathways.operations import logs

BASE_DIR = Path(__file__).resolve().parent.parent
# What the site writes as it runs.
VAR_DIR = Path(os.environ.get("VAR_DIR") or BASE_DIR / "var").resolve()


def env_bool(name, default):
    """Return the environment's yes or no under ``name``; raise ImproperlyConfigured for anything else."""
    value = os.environ.get(name, "").strip().lower()
    if not value:
        return default
    if value in {"true", "yes", "on", "1"}:
        return True
    if value in {"false", "no", "off", "0"}:
        return False
    raise ImproperlyConfigured(f"{name} is {os.environ[name]!r}; set it to true or false.")


def env_list(name, default):
    """Return the comma-separated values under ``name``; raise ImproperlyConfigured if none is between the commas."""
    if name not in os.environ:
        return default
    values = [value.strip() for value in os.environ[name].split(",") if value.strip()]
    if not values:
        raise ImproperlyConfigured(f"{name} is empty; set it to names separated by commas, or leave it out.")
    return values


def env_database(name, default, *, pool=0):
    """Return Django's settings for the database whose address stands under ``name``.

    On PostgreSQL the threads of a process share at most ``pool`` connections; with 0 each of them has its own.
    """
    address = os.environ.get(name) or default
    try:
        settings = dj_database_url.parse(address)
    except (dj_database_url.ParseError, dj_database_url.UnknownSchemeError, ValueError):
        # The address may hold a password: it is not repeated.
        raise ImproperlyConfigured(
            f"{name} is not a database address; set it to one such as sqlite:///var/pathways.sqlite3 "
            "or postgresql://user:password@host/name."
        ) from None
    engine = settings["ENGINE"].rpartition(".")[2]
    # Opening a connection takes longer than most questions.
    settings["CONN_MAX_AGE"] = 60
    if engine == "sqlite3":
        settings["OPTIONS"] = {
            # Editors wait for each other instead of failing with "database is locked".
            "transaction_mode": "IMMEDIATE",
            "timeout": env_number("DATABASE_TIMEOUT", default=20),
            # What is sorted takes memory and no room on the disk, so that a full one can still be read from.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY;",
        }
    elif engine == "postgresql":
        settings["ENGINE"] = "pathways.operations.postgresql"
        settings["OPTIONS"] = {"connect_timeout": 5, **settings.get("OPTIONS", {})}
        settings["CONN_HEALTH_CHECKS"] = True
        if pool:
            # The pool keeps them, and so a request gives its own back when it ends. Who waits for one waits no longer
            # than a reader would.
            settings["CONN_MAX_AGE"] = 0
            patience = min(10, env_number("DATABASE_TIMEOUT", default=20))
            settings["OPTIONS"]["pool"] = {"min_size": 1, "max_size": pool, "timeout": patience}
        else:
            settings["CONN_MAX_AGE"] = 60
    else:
        raise ImproperlyConfigured(f"{name} names {engine}; Pathways runs on SQLite and PostgreSQL.")
    return settings


def env_replica(name, primary):
    """Return Django's settings for the streaming replica whose address stands under ``name``, or None without one.

    ``primary`` has those of the database that it follows.
    """
    if not os.environ.get(name):
        return None
    settings = env_database(name, default="")
    if not all(one["ENGINE"].endswith(".postgresql") for one in (settings, primary)):
        raise ImproperlyConfigured(f"{name} names a replica, which only PostgreSQL has; set both addresses to that.")
    # Whoever waits for a replica that is gone waits for seconds: then the primary answers.
    patience = {
        "connect_timeout": 2,
        "tcp_user_timeout": 5000,
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 2,
    }
    settings["OPTIONS"] = {**settings.get("OPTIONS", {}), **patience}
    settings["TEST"] = {"MIRROR": "default"}
    return settings


def env_cache(name):
    """Return the address, as redis-py writes it, of the cache under ``name``; None without one."""
    address = os.environ.get(name, "").strip()
    if not address:
        return None
    found = re.fullmatch(r"(?:redis|valkey)(s?)(://[^\s/]+(?:/[0-9]{1,2})?)", address)
    if not found:
        # The address may hold a password: it is not repeated.
        raise ImproperlyConfigured(
            f"{name} is not the address of a cache; set it to one such as valkey://:password@host:6379/0 or redis://…."
        )
    return f"redi{'ss' if found[1] else 's'}{found[2]}"


def env_address(name):
    """Return the web address under ``name``, or nothing if there is none."""
    address = os.environ.get(name, "").strip()
    if address and not re.fullmatch(r"https?://[^\s/]\S*", address):
        raise ImproperlyConfigured(f"{name} is {os.environ[name]!r}; set it to an address that starts with https://.")
    return address


def env_limit(name, default):
    """Return (number, seconds) of the limit under ``name``, such as 600/minute; None where it is none."""
    text = os.environ.get(name, "").strip().lower() or default
    if text == "none":
        return None
    found = re.fullmatch(r"([1-9][0-9]{0,8})/(second|minute|hour|day)", text)
    if not found:
        raise ImproperlyConfigured(f"{name} is {os.environ[name]!r}; set it to a limit such as 600/minute, or to none.")
    return int(found[1]), {"second": 1, "minute": 60, "hour": 3600, "day": 86400}[found[2]]


def env_number(name, default, *, least=0, most=99):
    """Return the whole number under ``name``, from ``least`` to ``most``."""
    text = os.environ.get(name, "").strip() or str(default)
    if not re.fullmatch(r"[0-9]{1,9}", text) or not least <= int(text) <= most:
        raise ImproperlyConfigured(f"{name} is {os.environ[name]!r}; set it to a whole number from {least} to {most}.")
    return int(text)


def env_token(name):
    """Return the secret under ``name`` that a machine sends along, or nothing if there is none."""
    token = os.environ.get(name, "").strip()
    if token and not re.fullmatch(r"[A-Za-z0-9._~+/=-]{20,}", token):
        # It is a secret: it is not repeated.
        raise ImproperlyConfigured(f"{name} is too short or no token; set it to 20 or more letters and digits.")
    return token


def env_mail(name):
    """Return Django's settings for the mail server whose address stands under ``name``; without one nothing is sent."""
    address = os.environ.get(name, "").strip()
    if not address:
        return {"EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend"}
    if address == "console:":
        return {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
    try:
        parts = urlsplit(address)
        schemes = {"smtp": 25, "smtp+tls": 587, "smtps": 465}
        if not parts.hostname or parts.scheme not in schemes:
            raise ValueError
        port = parts.port or schemes[parts.scheme]
    except ValueError:
        # The address may hold a password: it is not repeated.
        raise ImproperlyConfigured(
            f"{name} is not the address of a mail server; set it to one such as smtp+tls://user:password@host:587, "
            "or to console: to see letters in the log."
        ) from None
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": port,
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
    }


def env_secret(name, *, local):
    """Return the secret under ``name``; a local run makes one on its first start and keeps it in var/."""
    if secret := os.environ.get(name):
        if len(secret) < 50 and not local:
            # It is not repeated.
            raise ImproperlyConfigured(f"{name} is too short; set it to a random text of 50 characters or more.")
        return secret
    if not local:
        raise ImproperlyConfigured(f"{name} is not set; set it to a long random text and keep it secret.")
    kept = VAR_DIR / "secret-key"
    if not kept.exists():
        kept.touch(mode=0o600)
        kept.write_text(secrets.token_urlsafe(50))
    return kept.read_text()


try:
    VAR_DIR.mkdir(exist_ok=True)
except OSError as error:
    raise ImproperlyConfigured(
        f"VAR_DIR is {str(VAR_DIR)!r}, which cannot be made ({error.strerror}); set it to a folder that the site may "
        "write to."
    ) from None
# What can be made anew at any time, and is removed when the data have changed.
CACHE_DIR = VAR_DIR / "cache"

LOCAL = env_bool("LOCAL", default=False)
DEBUG = env_bool("DEBUG", default=False)
SECRET_KEY = env_secret("SECRET_KEY", local=LOCAL or DEBUG)
# Keys of before, with which sessions and links that are still out there were signed.
SECRET_KEY_FALLBACKS = env_list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"] if LOCAL or DEBUG else [])
if not ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS is not set; set it to the host names of the site, separated by commas.")
# After so many seconds a page does not wait for the database any more.
DATABASE_TIMEOUT = env_number("DATABASE_TIMEOUT", default=20)
DATABASES = {
    "default": env_database(
        "DATABASE_URL",
        default=f"sqlite:///{VAR_DIR / 'pathways.sqlite3'}",
        # As many as a process has threads: none waits for another, and what PostgreSQL has to allow is known.
        pool=env_number("DATABASE_POOL", default=0 if LOCAL or DEBUG else 4),
    )
}
# What visitors read may come from a streaming replica.
if replica := env_replica("REPLICA_URL", primary=DATABASES["default"]):
    DATABASES["replica"] = replica
    DATABASE_ROUTERS = ["pathways.operations.databases.Router"]
# After so many seconds each process holds its indexes against the database again, a few hundred records at a time.
INDEX_CHECK_SECONDS = env_number("INDEX_CHECK_SECONDS", default=60)

# What the secretariat decides. Until it has, pages and exports say that no licence has been granted.
SITE_NAME = os.environ.get("SITE_NAME") or "Pathways"
# What permanent addresses start with, as https://pathways.example.org; without it, the address that was asked.
SITE_URL = env_address("SITE_URL").rstrip("/")
DATA_LICENCE = os.environ.get("DATA_LICENCE", "")
DATA_LICENCE_URL = env_address("DATA_LICENCE_URL")
# Whom those who harvest the data may write to.
CONTACT_EMAIL = os.environ.get("CONTACT_EMAIL", "")

# Whether someone else than who wrote a record has to publish it; a team of one turns it off.
FOUR_EYES = env_bool("FOUR_EYES", default=True)

INSTALLED_APPS = [
    "pathways.operations",
    "pathways.api",
    "pathways.site",
    "pathways.suggestions",
    "practices",
    "meetings",
    "pathways.listing",
    "pathways.vocabulary",
    "pathways.links",
    "pathways.curation",
    "django_filters",
    # For its messages.
    "rest_framework",
    # For its static files: htmx.
    "django_htmx",
    "csp",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    # Before staticfiles, so that runserver leaves static files to whitenoise as every other server does.
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    # Last: its pages of the admin take the place of those of the apps before.
    "pathways.accounts",
]

MIDDLEWARE = [
    # First, as they stand with everything that is answered: the id and the line of the log, then the headers.
    "pathways.operations.requests.Requests",
    "pathways.operations.headers.SecureHeaders",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "pathways.operations.limits.Limits",
    "pathways.operations.addresses.Addresses",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "pathways.api.middleware.OpenToScripts",
    # Before whatever asks for the version of the data.
    "pathways.operations.databases.ReadingMiddleware",
    # Before what a page goes through when it is made: one that is kept has been through it.
    "pathways.listing.middleware.DataVersionMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "pathways.operations.faults.BeginStreams",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "pathways.accounts.middleware.SecondFactor",
    "pathways.operations.faults.KeepForms",
    "pathways.accounts.middleware.Audit",
    "django.contrib.messages.middleware.MessageMiddleware",
    # Last, as its page for who is locked out replaces what was answered.
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "pathways.urls"
WSGI_APPLICATION = "pathways.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "pathways.site.context_processors.site",
            ],
        },
    },
]

FIXTURE_DIRS = [BASE_DIR / "fixtures"]

# Accounts

AUTHENTICATION_BACKENDS = [
    "pathways.accounts.backends.OneAddress",
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("UserAttributeSimilarityValidator", {}),
        ("MinimumLengthValidator", {"min_length": 12}),
        ("CommonPasswordValidator", {}),
        ("NumericPasswordValidator", {}),
    )
]
# Who fails so often under one name from one address waits; whoever else has that name, or that address, does not, but
# where an address fails far more often under whatever names.
AXES_FAILURE_LIMIT = 5
FAILURES_OF_ONE_ADDRESS = 50
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "pathways.accounts.views.locked_out"
AXES_CLIENT_IP_CALLABLE = "pathways.accounts.clients.client_address"
AXES_HTTP_RESPONSE_CODE = 429
# The audit log tells of logins; accounts are let in again on their own pages of the admin.
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
# Whether those who publish or administer must have a second factor; who has one is asked for it in any case.
REQUIRE_SECOND_FACTOR = env_bool("REQUIRE_SECOND_FACTOR", default=False)
OTP_TOTP_ISSUER = SITE_NAME
# A session ends with the browser, after so many hours, and when its password changes.
SESSION_COOKIE_AGE = env_number("SESSION_HOURS", default=12) * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
# The form of a meeting with everyone who took part has ten fields for each. What readers send is bounded before it is
# read; see operations/limits.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
# Pages of this site alone use them.
WHITENOISE_ALLOW_ALL_ORIGINS = False
# Made by collectstatic, once for each release; with it rather than in VAR_DIR, so that one release does not overwrite
# the list of files of another that still runs.
STATIC_ROOT = None if LOCAL or DEBUG else BASE_DIR / "static"
WHITENOISE_USE_FINDERS = LOCAL or DEBUG
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if LOCAL or DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
if SITE_URL.startswith("https://"):
    CONTENT_SECURITY_POLICY["DIRECTIVES"]["upgrade-insecure-requests"] = True
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "pathways.operations.faults.csrf_failure"

# How much memory each process gives to finished public pages.
PAGE_CACHE_MIB = env_number("PAGE_CACHE_MIB", default=32)
# How many proxies of our own stand before the site, whose word on where a request came from, and how, is taken.
PROXIES = env_number("PROXIES", default=0)

# How many requests of the API one address may make, counted in the memory of each process.
API_LIMIT = env_limit("API_LIMIT", default="600/minute")
# With a cache that processes and machines share, they count together; nothing depends on it.
CACHE = env_cache("CACHE_URL")
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    "limits": {
        "BACKEND": "pathways.operations.caches.SharedCounts"
        if CACHE
        else "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": CACHE or "limits",
        "KEY_PREFIX": "pathways:limits",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    },
}
REST_FRAMEWORK = {
    # It knows nobody, reads nothing, and speaks JSON.
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_PARSER_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "URL_FORMAT_OVERRIDE": None,
    "DEFAULT_THROTTLE_CLASSES": ["pathways.api.throttling.Limit"],
    "NUM_PROXIES": PROXIES,
    "DEFAULT_SCHEMA_CLASS": "pathways.api.schema.Description",
    "EXCEPTION_HANDLER": "pathways.api.problems.as_problem",
}
SPECTACULAR_SETTINGS = {
    "OAS_VERSION": "3.1.1",
    "DESCRIPTION": "Practices and recommendations on legal pathways for migration, as on the pages: the same filters, "
    "the same words, the same values. It needs no key.",
    # An enumeration stands where it belongs.
    "POSTPROCESSING_HOOKS": [],
    "SORT_OPERATIONS": False,
    "SORT_OPERATION_PARAMETERS": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
}

# Letters to those whose turn it is in the workflow: none without a server to send them by.
EMAIL_NOTICES = bool(os.environ.get("EMAIL_URL"))
globals().update(env_mail("EMAIL_URL"))
DEFAULT_FROM_EMAIL = SERVER_EMAIL = os.environ.get("EMAIL_FROM") or "pathways@localhost"
EMAIL_TIMEOUT = 10

# How many suggestions one address may send.
SUGGESTION_LIMIT = env_limit("SUGGESTION_LIMIT", default="5/hour")
# Whether check_links may ask addresses within the own network, as its tests do.
LINKS_MAY_BE_PRIVATE = False

SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
# Whether everything goes over HTTPS: what comes in without is sent there, and cookies go nowhere else.
HTTPS = env_bool("HTTPS", default=not (LOCAL or DEBUG))
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
CSRF_COOKIE_HTTPONLY = True
if HTTPS:
    # Browsers take them from this host alone, and over HTTPS alone: no neighbour can set them.
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
# Asked from within the machine or the network of containers, where nothing is encrypted.
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]
# A header that a reader could send as well, and that only our own proxies overwrite.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PROXIES else None
# For how long browsers come back over HTTPS alone.
SECURE_HSTS_SECONDS = env_number("HSTS_DAYS", default=365, most=3650) * 86400 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
# Whether a domain goes on the list that browsers are delivered with is for its owner to decide, not for one site of it.
SILENCED_SYSTEM_CHECKS = ["security.W021"]

# What keeps it running

LOGGING = logs.configuration(readable=LOCAL or DEBUG)
AXES_CLIENT_STR_CALLABLE = "pathways.operations.logs.someone"
# From how many milliseconds on the log tells of a query; 0 for never.
SLOW_QUERY_MS = env_number("SLOW_QUERY_MS", default=500, most=99_999)
# What who reads the figures at /metrics sends as a bearer token; without one there are none.
METRICS_TOKEN = env_token("METRICS_TOKEN")
# How many large lists each process sends at once.
EXPORTS_AT_ONCE = env_number("EXPORTS_AT_ONCE", default=2, least=1)
