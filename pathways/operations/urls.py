"""Addresses for machines that watch the site, and what visitors may know of what is kept of them."""

from django.urls import path

from . import health, metrics, views

app_name = "operations"
urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
    path("privacy/", views.Privacy.as_view(), name="privacy"),
]
