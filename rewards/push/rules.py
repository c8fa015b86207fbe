"""
Whether a message may go out at this very moment; asked for every single device, right before the call.

Source: 정보통신망법 제50조: advertising needs prior consent, another one between 21:00 and 08:00, and names itself and the way out.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from common.kst import SEOUL, day_from, day_of
from identity import consents
from identity.models import Consent
from rewards.models import Member, PushMessage
from rewards.models.push import AD_LABEL, OPT_OUT

NIGHT_FROM, NIGHT_UNTIL = time(21), time(8)
USEFUL = timedelta(days=2)  # older news is none
LONGEST_TTL = timedelta(hours=12)
LEFT, NO_CONSENT, UNLABELLED, TOO_LATE = "떠났거나 막은 회원", "수신 동의 없음", "광고 표시 없음", "너무 늦음"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Go ahead; or not before `wait_until`; or never, and why. ttl_seconds: how long a phone that is off may still show it."""

    wait_until: datetime | None = None
    drop: str = ""
    ttl_seconds: int = 0

    @property
    def may_go(self) -> bool:
        """True when it may be sent now."""
        return self.wait_until is None and not self.drop


def verdict(message: PushMessage, member: Member, *, at: datetime) -> Verdict:
    """What the law and the member say about this message now. At most two queries."""
    if not (member.is_active and member.user.is_active):
        return Verdict(drop=LEFT)
    is_ad = message.kind == PushMessage.Kind.AD
    if is_ad and not is_labelled(message.title, message.body):
        return Verdict(drop=UNLABELLED)
    if is_ad and not consents.holds(member.user, Consent.Kind.MARKETING, from_version=consents.NAMES_PUSH_FROM):
        return Verdict(drop=NO_CONSENT)
    if message.scheduled_at is not None and at > message.scheduled_at + USEFUL:
        return Verdict(drop=TOO_LATE)
    at_night = consents.holds(member.user, Consent.Kind.NIGHT) if is_ad else message.is_answer
    if not at_night and (morning := morning_after(at)):
        return Verdict(wait_until=morning)
    evening = next_evening(at) - at if not at_night else LONGEST_TTL
    return Verdict(ttl_seconds=max(1, int(min(LONGEST_TTL, evening).total_seconds())))


def is_labelled(title: str, body: str) -> bool:
    """True for an ad that says so in its very first letters and tells the way out in its last line."""
    return title.startswith(AD_LABEL) and body.rstrip().endswith(OPT_OUT)


def morning_after(at: datetime) -> datetime | None:
    """When this night ends, 08:00 KST; None by day. The night begins at 21:00 sharp."""
    clock, today = at.astimezone(SEOUL).time(), day_of(at)
    if clock < NIGHT_UNTIL:
        return day_from(today) + timedelta(hours=NIGHT_UNTIL.hour)
    return day_from(today + timedelta(days=1)) + timedelta(hours=NIGHT_UNTIL.hour) if clock >= NIGHT_FROM else None


def next_evening(at: datetime) -> datetime:
    """The next 21:00 KST after a moment by day."""
    return day_from(day_of(at)) + timedelta(hours=NIGHT_FROM.hour)
