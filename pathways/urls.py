"""The site map: each noun has its own addresses, see the public contract."""

from django.contrib import admin
from django.urls import include, path

# What people read: another language would have all of it under its own code.
pages = [
    path("", include("pathways.site.urls")),
    path("", include("practices.urls")),
    path("", include("meetings.urls")),
    path("", include("pathways.suggestions.urls")),
]
urlpatterns = [
    path("", include("pathways.operations.urls")),
    path("", include("pathways.api.urls")),
    *pages,
    path("admin/second-factor/", include("pathways.accounts.urls")),
    path("admin/", admin.site.urls),
]

handler400 = "pathways.api.problems.bad_request"
handler404 = "pathways.api.problems.not_found"
handler500 = "pathways.operations.faults.server_error"
