"""Meetings and, under a namespace of their own, what they concluded."""

from django.urls import include, path

from . import views
from .models import Outcome

meetings = [
    path("meetings/", views.MeetingList.as_view(), name="list"),
    path("meetings.<slug:extension>", views.MeetingExport.as_view(), name="export"),
    path("meetings/cite.<slug:extension>", views.MeetingListCitation.as_view(), name="cite-list"),
    path("meetings/<slug:slug>/cite.<slug:extension>", views.MeetingCitation.as_view(), name="cite"),
    path("meetings/<slug:slug>/history/", views.MeetingHistory.as_view(), name="history"),
    path("meetings/<slug:slug>/", views.MeetingDetail.as_view(), name="detail"),
    path("meetings/<slug:slug>/participants.<slug:extension>", views.ParticipantExport.as_view(), name="participants"),
]

outcomes = [
    path("outcomes/", views.OutcomeList.as_view(), name="list"),
    path("outcomes.<slug:extension>", views.OutcomeExport.as_view(), name="export"),
    path("outcomes/cite.<slug:extension>", views.OutcomeListCitation.as_view(), name="cite-list"),
    path("outcomes/<slug:slug>/cite.<slug:extension>", views.OutcomeCitation.as_view(), name="cite"),
    path("outcomes/<slug:slug>/history/", views.OutcomeHistory.as_view(), name="history"),
    path("outcomes/<slug:slug>/", views.OutcomeDetail.as_view(), name="detail"),
    path("recommendations/", views.OutcomeList.as_view(kind=Outcome.Kind.RECOMMENDATION), name="recommendations"),
    path("key-messages/", views.OutcomeList.as_view(kind=Outcome.Kind.KEY_MESSAGE), name="key-messages"),
]

urlpatterns = [
    path("", include((meetings, "meetings"))),
    path("", include((outcomes, "outcomes"))),
]
