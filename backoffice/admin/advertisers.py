"""Advertisers and their people."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from advertisers.models import Advertiser, Membership
from backoffice.admin.base import ReadOnlyAdmin, ReadOnlyInline
from backoffice.admin.people import PeopleAdmin
from backoffice.rights import Right
from backoffice.site import site


class MembershipInline(ReadOnlyInline):
    model = Membership
    fields = ("person", "role", "is_active", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        return super().get_queryset(request).select_related("user").order_by("pk")  # type: ignore[no-any-return]

    @admin.display(description="이름")
    def person(self, row: Membership) -> str:
        """Who it is."""
        return row.user.get_full_name()


@admin.register(Advertiser, site=site)
class AdvertiserAdmin(ReadOnlyAdmin):
    sees = Right.SEE_PEOPLE
    list_display = ("name", "kind", "registration_number", "is_active", "restricted_reason", "created_at")
    list_filter = ("kind", "is_active")
    list_select_related = ("business",)
    search_fields = ("name", "business__registration_number", "public_id")
    ordering = ("-pk",)
    inlines = (MembershipInline,)

    @admin.display(description="사업자등록번호")
    def registration_number(self, row: Advertiser) -> str:
        """The number of a business as it is printed."""
        return row.business.shown_number if row.kind == Advertiser.Kind.BUSINESS else "–"


@admin.register(Membership, site=site)
class MembershipAdmin(PeopleAdmin):
    sees = Right.SEE_PEOPLE
    list_display = ("person", "advertiser", "role", "masked_email", "masked_phone", "is_active", "created_at")
    list_filter = ("role", "is_active")
    list_select_related = ("user", "advertiser")
    search_fields = ("user__username", "user__name", "user__email", "advertiser__name")
    ordering = ("-pk",)
    fields = ("person", "advertiser", "role", "masked_email", "masked_phone", "is_active", "created_at")
    readonly_fields = ("person", "masked_email", "masked_phone")

    @admin.display(description="이름", ordering="user__name")
    def person(self, row: Membership) -> str:
        """Who it is."""
        return row.user.get_full_name()
