"""What members say about ads."""

from identity import consents
from identity.consents import Answer
from identity.models import Consent
from rewards.models import Member

KINDS = (Consent.Kind.MARKETING, Consent.Kind.NIGHT)


def answers_of(member: Member) -> list[Answer]:
    """The newest answer to each of the two texts. One query."""
    return [answer for answer in consents.answers_of(member.user) if answer.text.kind in KINDS]
