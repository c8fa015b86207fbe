"""Advertisers and their people."""

from django.contrib import admin

from advertisers.models import Advertiser, Membership
from backoffice.admin.base import ReadOnlyAdmin, ReadOnlyInline
from backoffice.rights import Right
from backoffice.site import site


class MembershipInline(ReadOnlyInline):
    model = Membership
    fields = ("user", "role", "is_active", "created_at")


@admin.register(Advertiser, site=site)
class AdvertiserAdmin(ReadOnlyAdmin):
    sees = Right.SEE_PEOPLE
    list_display = ("name", "kind", "business_number", "is_active", "restricted_reason", "created_at")
    list_filter = ("kind", "is_active")
    search_fields = ("name", "business_number", "public_id")
    ordering = ("-pk",)
    inlines = (MembershipInline,)


@admin.register(Membership, site=site)
class MembershipAdmin(ReadOnlyAdmin):
    sees = Right.SEE_PEOPLE
    list_display = ("user", "advertiser", "role", "is_active", "created_at")
    list_filter = ("role", "is_active")
    list_select_related = ("user", "advertiser")
    search_fields = ("user__username", "user__name", "user__email", "advertiser__name")
    ordering = ("-pk",)
