"""Where a row is worked on."""

from django.urls import reverse

from campaigns.models import Campaign
from identity.models import ApprovalRequest
from payments.models import Refund


def desk_of(row: Refund | Campaign) -> str:
    """The address of the desk that decides about a row."""
    if isinstance(row, Refund):
        return reverse("backoffice:refund-detail", args=[row.public_id])
    return reverse("backoffice:review-detail", args=[row.public_id])


def subject_of(request: ApprovalRequest) -> str:
    """The address of what an approval is about; empty when it has no desk."""
    kind, _, public_id = request.subject.partition(":")
    if kind == "advertiser":
        return reverse("backoffice:advertisers_advertiser_changelist") + f"?q={public_id}"
    return reverse("backoffice:refund-detail", args=[public_id]) if kind == "refund" else ""
