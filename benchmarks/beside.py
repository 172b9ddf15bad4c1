"""What pages are measured beside: an empty view, and the list of practices as one writes it with the ORM alone.

Gunicorn serves ``benchmarks.beside:site()``, the whole site with these two views in it,
``benchmarks.beside:fresh()``, the empty view in a project with the apps and middleware that Django gives a new one, and
``benchmarks.beside:bare()``, the same in a project that has nothing else: no database, no middleware.
"""

import os
import secrets
from types import ModuleType

from django.http import HttpResponse
from django.urls import include, path

ROWS = 50


def empty(request):
    return HttpResponse(b"")


def plain(request):
    """Return the list of practices as the site draws it, with the same cards and every facet counted by SQL."""
    from django.db.models import Count
    from django.template import engines

    from practices.filters import PracticeFilter
    from practices.models import Practice
    from practices.views import LINES

    records = Practice.objects.published()
    if country := request.GET.get("country"):
        taking_part = PracticeFilter.base_filters["country"].sources[0].rows()
        records = records.filter(pk__in=taking_part.filter(country__code=country).values("practice"))
    facets = []
    for name, facet in PracticeFilter.declared_facets().items():
        labels = {str(value): label for value, label in facet.terms.all()}
        counts = {}
        for pairs in facet.sources:
            rows = pairs.rows().filter(**{f"{pairs.record}__in": records.values("pk")}).order_by()
            for value, n in rows.values_list(pairs.value).annotate(n=Count(pairs.record, distinct=True)):
                counts[str(value)] = counts.get(str(value), 0) + n
        facets.append((name, [(value, label, counts.get(value, 0)) for value, label in labels.items()]))
    context = {
        "count": records.count(),
        "facets": facets,
        "records": records.order_by("title_key", "slug").prefetch_related(*LINES)[:ROWS],
    }
    return HttpResponse(engines["django"].from_string(PLAIN).render(context, request))


PLAIN = """{% extends "base.html" %}{% block content %}<h1>Practices</h1><form>
{% for name, choices in facets %}<fieldset><legend>{{ name }}</legend><ul>{% for value, label, n in choices %}
<li><label><input type="checkbox" name="{{ name }}" value="{{ value }}"> {{ label }} <span>{{ n }}</span></label></li>
{% endfor %}</ul></fieldset>{% endfor %}<button>Apply</button></form>
<p class="count">{{ count }} practices</p><ol class="lines">{% for record in records %}
{% include "practices/_card.html" %}{% endfor %}</ol>{% endblock %}"""


def addresses(*patterns):
    """Return ``patterns`` as a module of addresses."""
    module = ModuleType("beside_urls")
    module.urlpatterns = [path("empty", empty), *patterns]
    return module


def site():
    """Return the site as a WSGI application, these views among its own."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pathways.settings")
    from django.conf import settings

    from pathways.wsgi import application

    settings.ROOT_URLCONF = addresses(path("plain/", plain), path("", include("pathways.urls")))
    return application


def bare(**more):
    """Return a project of the empty view alone as a WSGI application; ``more`` are settings that it has, too."""
    from django.conf import settings

    settings.configure(ROOT_URLCONF=addresses(), ALLOWED_HOSTS=["*"], SECRET_KEY=secrets.token_hex(), **more)
    from django.core.wsgi import get_wsgi_application

    return get_wsgi_application()


def fresh():
    """Return a project of the empty view as Django's startproject would make it, as a WSGI application."""
    return bare(
        INSTALLED_APPS=[f"django.contrib.{name}" for name in ("auth", "contenttypes", "sessions", "messages")],
        MIDDLEWARE=[
            "django.middleware.security.SecurityMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
            "django.middleware.clickjacking.XFrameOptionsMiddleware",
        ],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    )
