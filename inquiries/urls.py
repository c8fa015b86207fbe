"""Addresses of the content pages and of the inquiries in the advertiser portal."""

from django.urls import path

from inquiries import guest_views, thread_views, views

app_name = "inquiries"
urlpatterns = [
    path("", views.landing, name="landing"),
    path("pricing/", views.pricing, name="pricing"),
    path("notices/", views.notices, name="notices"),
    path("notices/<uuid:public_id>/", views.notice, name="notice"),
    path("faq/", views.faq, name="faq"),
    path("guide/", views.guides, name="guides"),
    path("guide/pictures/<uuid:public_id>/", views.guide_picture, name="guide-picture"),
    path("guide/<slug:slug>/", views.guide, name="guide"),
    path("terms/<slug:slug>/", views.terms, name="terms"),
    path("terms/<slug:slug>/<slug:version>/", views.terms, name="terms-version"),
    path("contact/", views.contact, name="contact"),
    path("contact/sent/", views.contact_sent, name="contact-sent"),
    path("contact/threads/<slug:token>/", guest_views.thread, name="guest-thread"),
    path("contact/threads/<slug:token>/close/", guest_views.close, name="guest-close"),
    path("contact/threads/<slug:token>/attachments/<uuid:public_id>/", guest_views.attachment, name="guest-attachment"),
    path("robots.txt", views.robots, name="robots"),
    path("sitemap.xml", views.sitemap, name="sitemap"),
    path("my-page/inquiries/", thread_views.inquiry_list, name="list"),
    path("my-page/inquiries/new/", thread_views.ask, name="new"),
    path("my-page/inquiries/<uuid:public_id>/", thread_views.detail, name="detail"),
    path("my-page/inquiries/<uuid:public_id>/close/", thread_views.close, name="close"),
    path("my-page/inquiries/attachments/<uuid:public_id>/", thread_views.attachment, name="attachment"),
]
