"""Addresses of the content pages and of the inquiries in the advertiser portal."""

from django.urls import path

from inquiries import thread_views, views

app_name = "inquiries"
urlpatterns = [
    path("", views.landing, name="landing"),
    path("pricing/", views.pricing, name="pricing"),
    path("terms/<slug:slug>/", views.terms, name="terms"),
    path("my-page/inquiries/", thread_views.inquiry_list, name="list"),
    path("my-page/inquiries/new/", thread_views.ask, name="new"),
    path("my-page/inquiries/<uuid:public_id>/", thread_views.detail, name="detail"),
    path("my-page/inquiries/<uuid:public_id>/close/", thread_views.close, name="close"),
    path("my-page/inquiries/attachments/<uuid:public_id>/", thread_views.attachment, name="attachment"),
]
