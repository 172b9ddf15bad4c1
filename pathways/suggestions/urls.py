from django.urls import path

from meetings.models import Meeting, Outcome
from practices.models import Practice

from . import views

app_name = "suggestions"
urlpatterns = [
    path("suggest/", views.SuggestPractice.as_view(), name="practice"),
    path("practices/<slug:slug>/suggest/", views.ReportError.as_view(model=Practice), name="practice-error"),
    path("outcomes/<slug:slug>/suggest/", views.ReportError.as_view(model=Outcome), name="outcome-error"),
    path("meetings/<slug:slug>/suggest/", views.ReportError.as_view(model=Meeting), name="meeting-error"),
    path("suggestions/<slug:key>/", views.State.as_view(), name="state"),
]
