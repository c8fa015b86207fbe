"""What the house paid for a participation that its advertiser never confirmed in time."""

from uuid import UUID

from campaigns.models import PostbackLog, RewardClaim


def was_paid(participation: UUID) -> bool:
    """Whether the house paid for it, because it was told late or because its member asked."""
    paid = RewardClaim.objects.filter(participation=participation, decision=RewardClaim.Decision.GOODWILL)
    return paid.exists() or PostbackLog.objects.filter(participation=participation, outcome=PostbackLog.Outcome.LATE_PAID).exists()
