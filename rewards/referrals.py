"""
Inviting friends. Who joins by an invitation waits for the first confirmed mission; then both get their tickets once. A friend who was here
before, or who is the inviter, brings nothing, and an inviter is paid for so many friends in thirty days. What was paid for a mission that
turns out to be fraud within the hold is taken back from both.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from common import dated
from common.errors import DomainError
from common.transactions import joined
from credits import services as credits
from credits.models import Entry, Kind
from identity import notifications
from rewards import services
from rewards.models import Member, Referral

State = Referral.State
FRIEND_TICKETS = dated.define("rewards.referral_friend_tickets", default=20, label="초대받은 친구가 첫 미션 뒤에 받는 티켓", unit="장")
INVITER_TICKETS = dated.define(
    "rewards.referral_inviter_tickets", default=30, label="초대한 회원이 친구의 첫 미션 뒤에 받는 티켓", unit="장"
)
DAYS = dated.define("rewards.referral_days", default=30, label="친구가 첫 미션을 마쳐야 하는 기간", least=1, most=365, unit="일")
MOST_FRIENDS = dated.define("rewards.referral_most_friends", default=10, label="30일 동안 보상하는 친구 수", unit="명")
HOLD_DAYS = dated.define(
    "rewards.referral_hold_days", default=14, label="친구의 첫 미션이 부정이면 초대 티켓을 거두는 기간", most=90, unit="일"
)
_WINDOW = timedelta(days=30)
LETTERS = 12


class InvitationUnknown(DomainError):
    """Nobody has this code."""

    code = "referral.unknown"
    message = "없는 초대 코드예요. 다시 확인하거나 비워 두고 가입해 주세요."
    http_status = 422


def code_of(member: Member) -> str:
    """The member's code: the beginning of their public number."""
    return member.public_id.hex[:LETTERS].upper()


def inviter_of(code: str) -> Member | None:
    """The active member of a code; None when there is none. One query by the index of public numbers."""
    digits = code.strip().lower()
    if len(digits) != LETTERS or any(letter not in "0123456789abcdef" for letter in digits):
        return None
    first, last = UUID(hex=digits + "0" * (32 - LETTERS)), UUID(hex=digits + "f" * (32 - LETTERS))
    found = list(Member.objects.filter(public_id__gte=first, public_id__lte=last, is_active=True)[:2])
    return found[0] if len(found) == 1 else None


def note(*, friend: Member, code: str, at: datetime) -> Referral | None:
    """
    Write down by whom somebody who joins was invited. Joins the caller's transaction; None without a code.

    :raises InvitationUnknown: nobody has this code.
    """
    joined("an invitation")
    if not code:
        return None
    inviter = inviter_of(code)
    if inviter is None or inviter.pk == friend.pk:
        raise InvitationUnknown
    was_here = services.was_here(phone=friend.user.phone, person_hash=friend.person_hash)
    return Referral.objects.create(
        friend=friend, inviter=inviter, friend_tickets=FRIEND_TICKETS.at(at), inviter_tickets=INVITER_TICKETS.at(at), joined_at=at,
        state=State.REFUSED if was_here else State.WAITING, closed_at=at if was_here else None,
    )  # fmt: skip


def waiting(*, at: datetime) -> dict[int, int]:
    """Referrals whose friend may still finish a first mission: friend → referral. One query."""
    rows = Referral.objects.filter(state=State.WAITING, joined_at__gt=at - timedelta(days=DAYS.at(at)))
    return dict(rows.values_list("friend_id", "pk"))


def pay(*, referral_id: int, at: datetime) -> Referral:
    """
    Give both their tickets: the friend's first mission was confirmed. Owns the transaction; paying twice is paying once.

    The friend or the inviter may have left, or turned out to be the same person: then nobody gets anything.
    """
    with credits.busy_if_locked(), transaction.atomic(durable=True):
        known = Referral.objects.only("inviter_id").get(pk=referral_id)
        Member.objects.select_for_update(no_key=True).get(pk=known.inviter_id)  # the limit is counted by one at a time
        row = Referral.objects.select_for_update(of=("self",)).select_related("friend__user", "inviter__user").get(pk=referral_id)
        if row.state != State.WAITING:
            return row
        row.closed_at, row.state = at, State.PAID if _may_be_paid(row) else State.REFUSED
        if row.state == State.PAID:
            _give(row, at=at)
        row.save(update_fields=["state", "closed_at", "inviter_tickets", "friend_entry", "inviter_entry"])
        return row


def paid_for(*, friends: Iterable[int], since: datetime) -> list[int]:
    """Referrals of these members that were paid after `since`. One query."""
    rows = Referral.objects.filter(state=State.PAID, friend_id__in=list(friends), closed_at__gt=since)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def take_back(*, referral_id: int, at: datetime) -> Referral:
    """
    Take both their tickets back, as far as they are there: the friend's first mission was fraud. Owns the transaction; taking back twice is
    taking back once.
    """
    with credits.busy_if_locked(), transaction.atomic(durable=True):
        rows = Referral.objects.select_for_update(of=("self",)).select_related(
            "friend__user", "inviter__user", "friend_entry", "inviter_entry"
        )
        row = rows.get(pk=referral_id)
        if row.state != State.PAID:
            return row
        sides = [(row.friend, row.friend_entry), (row.inviter, row.inviter_entry)]
        for member, entry in sorted(sides, key=lambda one: one[0].pk):
            if entry is not None:
                _undo(member, entry, at=at)
        row.state, row.closed_at, row.friend_entry, row.inviter_entry = State.REFUSED, at, None, None
        row.save(update_fields=["state", "closed_at", "friend_entry", "inviter_entry"])
        return row


def _undo(member: Member, entry: Entry, *, at: datetime) -> None:
    key, reason = f"{entry.idempotency_key}:back", "초대한 친구의 첫 미션이 부정 참여로 취소됐어요."
    credits.reverse(entry=entry, key=key, at=at, actor="system", reason=reason)
    notifications.notify(
        user=member.user, kind="rewards.referral_taken_back", title="친구 초대 티켓이 취소됐어요", body=reason, url="/luckffle/wallet/",
        key=key, at=at, channels=("in_app",),
    )  # fmt: skip


def paid_lately(inviter: Member, *, at: datetime) -> int:
    """For how many friends the inviter got tickets within thirty days. One query."""
    rows = Referral.objects.filter(inviter=inviter, state=State.PAID, inviter_tickets__gt=0, closed_at__gt=at - _WINDOW)
    return rows.count()


def _may_be_paid(row: Referral) -> bool:
    friend, inviter = row.friend, row.inviter
    is_same = bool(friend.person_hash) and friend.person_hash == inviter.person_hash
    if is_same or not (friend.is_active and inviter.is_active):
        return False
    return not services.was_here(phone=friend.user.phone, person_hash=friend.person_hash)


def _give(row: Referral, *, at: datetime) -> None:
    """Both wallets, the lower member number first, as everybody locks them."""
    if paid_lately(row.inviter, at=at) >= MOST_FRIENDS.at(at):
        row.inviter_tickets = 0
    sides = [("friend", row.friend, row.friend_tickets, "초대받아 가입"), ("inviter", row.inviter, row.inviter_tickets, "친구 초대")]
    for side, member, tickets, reason in sorted(sides, key=lambda one: one[1].pk):
        if not tickets:
            continue
        key = f"referral:{row.public_id}:{side}"
        entry = credits.grant(member_id=member.pk, amount=tickets, kind=Kind.ISSUED, key=key, at=at, reason=reason)
        setattr(row, f"{side}_entry", entry)
        notifications.notify(
            user=member.user, kind="rewards.referral_paid", title="친구 초대 티켓이 들어왔어요", body=f"티켓 {tickets:,}장을 받았어요.",
            url="/luckffle/wallet/", key=key, at=at, channels=("in_app",),
        )  # fmt: skip
