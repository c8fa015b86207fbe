"""Addresses of members' inquiries in the members' portal."""

from django.urls import path

from inquiries import member_views

app_name = "member-inquiries"
urlpatterns = [
    path("luckffle/inquiries/", member_views.inquiry_list, name="list"),
    path("luckffle/inquiries/new/", member_views.ask, name="new"),
    path("luckffle/inquiries/<uuid:public_id>/", member_views.detail, name="detail"),
    path("luckffle/inquiries/<uuid:public_id>/close/", member_views.close, name="close"),
    path("luckffle/inquiries/attachments/<uuid:public_id>/", member_views.attachment, name="attachment"),
]
