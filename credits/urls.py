"""Addresses of credits, all below the advertiser portal."""

from django.urls import path

from credits import views

app_name = "credits"
urlpatterns = [path("my-page/credit/", views.history, name="history")]
