"""Campaigns as rows, and the reasons that reviewers say often; decisions are made at the review desk."""

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from unfold.widgets import UnfoldAdminSelectWidget

from backoffice import rights
from backoffice.admin.base import ReadOnlyAdmin, ReadOnlyInline, person_column, status_column
from backoffice.desks import desk_of
from backoffice.rights import Right
from backoffice.site import site
from campaigns import locks
from campaigns.models import Campaign, CampaignEvent, ReviewReason
from common.statuses import status_of


class EventInline(ReadOnlyInline):
    model = CampaignEvent
    fields = ("at", "kind", "change", "who", "reason")
    who = person_column("by", label="한 사람")
    show_change_link = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[CampaignEvent]:
        return super().get_queryset(request).select_related("by").order_by("pk")  # type: ignore[no-any-return]

    @admin.display(description="바뀐 내용")
    def change(self, event: CampaignEvent) -> str:
        """From which state to which, in words."""
        return " → ".join(status_of(enum="campaign", value=state).label for state in (event.from_state, event.to_state) if state) or "–"


@admin.register(Campaign, site=site)
class CampaignAdmin(ReadOnlyAdmin):
    sees = Right.SEE_CAMPAIGNS
    list_display = ("submitted_at", "title", "advertiser", "unit_price", "budget_credits", "status", "is_locked", "is_exposed", "desk")
    list_filter = ("state", "type", "is_locked", "is_exposed")
    list_select_related = ("advertiser",)
    search_fields = ("title", "advertiser__name", "public_id")
    ordering = ("-pk",)
    inlines = (EventInline,)
    fieldsets = (
        (
            "캠페인",
            {"fields": ("title", "status", "desk", "advertiser", "kind", "body", "landing_url", "decision_reason", "locked_reason")},
        ),
        ("예산", {"fields": ("unit_price", "reward_tickets", "budget_credits", "daily_cap_credits", "captured_credits", "captured_units")}),
        ("기간과 노출", {"fields": ("starts_at", "ends_at", "is_daily", "is_exposed", "exposure_order", "exposed_from", "exposed_until")}),
        ("기록", {"fields": ("submitted_at", "approved_at", "ended_at", "settled_at", "submission_no", "public_id")}),
    )
    readonly_fields = ("status", "desk", "kind", "public_id")
    status = status_column("campaign")

    @admin.display(description="유형")
    def kind(self, campaign: Campaign) -> str:
        """The declared type, in words."""
        return campaign.declared.name

    @admin.display(description="심사")
    def desk(self, campaign: Campaign) -> str:
        """A link to the review desk."""
        return format_html('<a class="text-link" href="{}">심사 화면</a>', desk_of(campaign))


class ReviewReasonForm(forms.ModelForm):  # type: ignore[type-arg]
    """A ready reason; its field is one that reviewers are asked about."""

    field = forms.ChoiceField(
        label="항목", required=False, choices=lambda: [("", "전체 의견"), *locks.LABELS.items()], widget=UnfoldAdminSelectWidget
    )

    class Meta:
        model = ReviewReason
        fields = ("field", "text", "place", "is_active")


@admin.register(ReviewReason, site=site)
class ReviewReasonAdmin(ReadOnlyAdmin):
    sees = Right.REVIEW_CAMPAIGNS
    form = ReviewReasonForm
    list_display = ("text", "named", "place", "is_active")
    list_filter = ("is_active",)
    search_fields = ("text",)
    ordering = ("place", "pk")

    @admin.display(description="항목")
    def named(self, reason: ReviewReason) -> str:
        """The field it is about, in words."""
        return locks.LABELS.get(reason.field, "전체 의견")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return rights.has(request.user, Right.REVIEW_CAMPAIGNS)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return rights.has(request.user, Right.REVIEW_CAMPAIGNS)
