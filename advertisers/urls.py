"""Addresses of the advertiser portal that belong to no other app."""

from django.urls import path

from advertisers import views

app_name = "advertisers"
urlpatterns = [
    path("dashboard/", views.dashboard, name="dashboard"),
    path("my-page/", views.my_page, name="my-page"),
    path("my-page/notifications/", views.notices, name="notifications"),
    path("my-page/notifications/read-all/", views.read_all_notices, name="notifications-read-all"),
    path("my-page/notifications/<uuid:public_id>/read/", views.read_notice, name="notification-read"),
]
