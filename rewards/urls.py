"""Addresses of the members' portal that show what members own."""

from django.urls import path

from rewards import views

app_name = "rewards"
urlpatterns = [
    path("luckffle/", views.home, name="home"),
]
