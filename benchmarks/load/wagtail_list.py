"""A list of pages as Wagtail serves it, for comparison: run by the Python of an environment that has Wagtail.

python wagtail_list.py FACTS                   makes the tables and the pages
gunicorn wagtail_list:application              serves them; both want WAGTAIL_DATABASE, a file
"""

import json
import os
import sys
from pathlib import Path

import django
from django.conf import settings
from django.urls import include, path

HERE = Path(__file__).resolve().parent

settings.configure(
    SECRET_KEY="of a benchmark",  # noqa: S106 -- nothing is protected by it
    ALLOWED_HOSTS=["*"],
    DATABASES={
        "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["WAGTAIL_DATABASE"], "CONN_MAX_AGE": 60}
    },
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=[
        "wagtail.sites",
        "wagtail.users",
        "wagtail.documents",
        "wagtail.images",
        "wagtail.search",
        "wagtail.admin",
        "wagtail",
        "modelcluster",
        "taggit",
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
    ],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    ROOT_URLCONF=__name__,
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "DIRS": [HERE / "wagtail_templates"],
            "APP_DIRS": True,
            "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
        }
    ],
    WAGTAIL_SITE_NAME="Benchmark",
    WAGTAILADMIN_BASE_URL="http://localhost",
    STATIC_URL="/static/",
    USE_TZ=True,
)
django.setup()

from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from wagtail.models import Page, Site  # noqa: E402

urlpatterns = [path("", include("wagtail.urls"))]


def fill(facts):
    """Make the tables, and a page for each practice below the home page."""
    call_command("migrate", verbosity=0)
    home = Site.objects.get(is_default_site=True).root_page
    for slug, title, summary in facts["pages"]:
        home.add_child(instance=Page(title=title[:255], slug=slug[:255], search_description=summary))


if __name__ == "__main__":
    fill(json.loads(Path(sys.argv[1]).read_text()))
else:
    application = get_wsgi_application()
