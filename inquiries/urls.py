"""Addresses of the content pages in the advertiser portal."""

from django.urls import path

from inquiries import views

app_name = "inquiries"
urlpatterns = [
    path("", views.landing, name="landing"),
    path("pricing/", views.pricing, name="pricing"),
    path("terms/<slug:slug>/", views.terms, name="terms"),
]
