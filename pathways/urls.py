"""The site map: each noun has its own addresses, see the public contract."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("pathways.site.urls")),
    path("", include("practices.urls")),
    path("", include("meetings.urls")),
    path("admin/", admin.site.urls),
]

handler404 = "pathways.site.views.not_found"
