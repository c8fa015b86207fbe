"""Members of Luckffle, and what they exchanged their tickets for."""

from django.contrib import admin

from backoffice.admin.base import ReadOnlyAdmin, status_column, won_column
from backoffice.admin.people import PeopleAdmin
from backoffice.rights import Right
from backoffice.site import site
from common.templatetags.boost import won
from rewards.models import GifticonOrder, Member


@admin.register(Member, site=site)
class MemberAdmin(PeopleAdmin):
    sees = Right.SEE_PEOPLE
    list_display = ("nickname", "masked_phone", "is_active", "created_at", "public_id")
    list_filter = ("is_active",)
    list_select_related = ("user",)
    search_fields = ("nickname", "public_id")
    ordering = ("-pk",)
    fields = ("nickname", "masked_phone", "birth_year", "sex", "is_active", "tokens_valid_from", "created_at", "public_id")
    readonly_fields = ("masked_phone",)


@admin.register(GifticonOrder, site=site)
class GifticonOrderAdmin(ReadOnlyAdmin):
    """Orders with their margins; the number of a coupon is its member's and stands nowhere here."""

    sees = Right.SEE_GIFTICONS
    list_display = ("ordered_at", "tr_id", "gifticon", "tickets", "cost", "margin", "state_word")
    list_filter = ("state",)
    list_select_related = ("gifticon",)
    search_fields = ("tr_id", "public_id", "gifticon__name")
    ordering = ("-ordered_at", "-pk")
    fields = (
        "tr_id", "gifticon", "member_id", "tickets", "value", "cost", "margin", "state_word", "why", "ordered_at", "called_at", "issued_at",
        "valid_until", "closed_at", "returned_at", "resends", "public_id",
    )  # fmt: skip
    readonly_fields = ("value", "cost", "margin", "state_word")
    value, cost, state_word = won_column("value_krw", label="티켓 값"), won_column("cost_krw", label="구매가"), status_column("gifticon")

    @admin.display(description="마진")
    def margin(self, order: GifticonOrder) -> str:
        return won(order.margin_krw)
