from django.urls import path

from . import views

app_name = "practices"
urlpatterns = [
    path("practices/", views.PracticeList.as_view(), name="list"),
    path("practices.<slug:extension>", views.PracticeExport.as_view(), name="export"),
    path("practices/cite.<slug:extension>", views.PracticeListCitation.as_view(), name="cite-list"),
    path("practices/<slug:slug>/cite.<slug:extension>", views.PracticeCitation.as_view(), name="cite"),
    path("practices/<slug:slug>/history/", views.PracticeHistory.as_view(), name="history"),
    path("practices/<slug:slug>/", views.PracticeDetail.as_view(), name="detail"),
]
