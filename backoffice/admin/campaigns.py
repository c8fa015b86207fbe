"""Campaigns as rows; their decisions are at the review desk."""

from django.contrib import admin
from django.utils.html import format_html

from backoffice.admin.base import ReadOnlyAdmin, ReadOnlyInline, status_column
from backoffice.desks import desk_of
from backoffice.rights import Right
from backoffice.site import site
from campaigns.models import Campaign, CampaignEvent


class EventInline(ReadOnlyInline):
    model = CampaignEvent
    fields = ("at", "kind", "from_state", "to_state", "by", "reason")
    show_change_link = False


@admin.register(Campaign, site=site)
class CampaignAdmin(ReadOnlyAdmin):
    sees = Right.SEE_CAMPAIGNS
    list_display = ("submitted_at", "title", "advertiser", "unit_price", "budget_credits", "status", "is_locked", "is_exposed", "desk")
    list_filter = ("state", "type", "is_locked", "is_exposed")
    list_select_related = ("advertiser",)
    search_fields = ("title", "advertiser__name", "public_id")
    ordering = ("-pk",)
    inlines = (EventInline,)
    status = status_column("campaign")

    @admin.display(description="심사")
    def desk(self, campaign: Campaign) -> str:
        """A link to the review desk."""
        return format_html('<a class="text-link" href="{}">심사 화면</a>', desk_of(campaign))
