"""Who applied for a mission whose advertiser chooses. Nothing here writes, and nobody is named."""

from uuid import UUID

from django.db.models import QuerySet

from campaigns.models import Application, Campaign


def of(campaign: Campaign, *, state: str) -> QuerySet[Application]:
    """Applications of a state: what waits oldest first, what was decided newest first."""
    rows = Application.objects.filter(campaign=campaign, state=state)
    return rows.order_by("applied_at", "pk") if state == Application.State.WAITING else rows.order_by("-decided_at", "-pk")


def find(campaign: Campaign, public_id: UUID) -> Application | None:
    """One application for this campaign."""
    return Application.objects.select_related("campaign").filter(campaign=campaign, public_id=public_id).first()


def own(campaign: Campaign, member_id: int) -> Application | None:
    """The member's own."""
    return Application.objects.filter(campaign=campaign, member_id=member_id).first()


def is_chosen(campaign: Campaign, member_id: int) -> bool:
    """True when the advertiser chose this member."""
    return Application.objects.filter(campaign=campaign, member_id=member_id, state=Application.State.CHOSEN).exists()
