from django.urls import path

from . import views

app_name = "accounts"
urlpatterns = [
    path("", views.give, name="second-factor"),
    path("set-up/", views.enrol, name="enrol"),
    path("qr.svg", views.picture, name="qr"),
    path("manage/", views.manage, name="manage"),
]
