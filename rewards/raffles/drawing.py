"""
The end of a raffle: the list is frozen at the closing, the clock draws, and what cannot be drawn is void and pays its tickets back.

No person starts, stops or foresees a draw: the round of the public value was fixed when the raffle opened, and the effect that fetches
it was written when the list was frozen.
"""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice

from django.db import connection, transaction
from django.db.models import QuerySet

from common import effects, sealed
from common.transactions import joined
from credits import services as credits
from credits.models import Kind
from identity import notifications
from identity.models import User
from rewards import push
from rewards.models import Member, Raffle, RaffleDraw, RaffleEntry, RaffleWinner
from rewards.models.raffles import State
from rewards.raffles import fairness, moves
from rewards.raffles.drand import PublicValue
from rewards.raffles.fairness import Line
from rewards.raffles.rules import ANSWER_WITHIN_DAYS, VOID_AFTER_HOURS

EFFECT = "rewards.draw_raffle"
RETURN_AT_ONCE = 500
LINES_AT_ONCE = 2_000

# The entries in the order in which they came, each with the numbers after those before it.
_NUMBER = """
    UPDATE "rewards_raffleentry" AS entry SET "first" = counted.upto - counted.chances + 1, "last" = counted.upto
      FROM (SELECT "id", "chances", sum("chances") OVER (ORDER BY "entered_at", "id") AS upto
              FROM "rewards_raffleentry" WHERE "raffle_id" = %s) AS counted
     WHERE entry."id" = counted."id"
"""


def close(*, raffle: Raffle, at: datetime) -> Raffle:
    """
    Freeze the list and publish its fingerprint. Owns the transaction; again, or before its time, it changes nothing.

    Entries that were on their way with an earlier stamp are waited for and counted.
    """
    with transaction.atomic(durable=True):
        row = moves.lock(raffle)
        if row.state != State.OPEN or at < row.closes_at:
            return row
        with connection.cursor() as cursor:
            cursor.execute(_NUMBER, [row.pk])
        lines = lines_of(row)
        row.numbers = lines[-1].last if lines else 0
        row.root, row.closed_at = fairness.root_of([line.leaf() for line in lines]).hex(), at
        moves.move(row, State.CLOSED, moves.Kind.CLOSED, at=at, detail=f"응모 번호 {row.numbers:,}개")
        effects.add(EFFECT, key=f"raffle:{row.public_id}:draw", at=at, due_at=row.draws_at, raffle=row.pk)
        return row


def lines_of(raffle: Raffle) -> list[Line]:
    """The frozen list, in order."""
    return list(each_line(raffle))


def each_line(raffle: Raffle) -> Iterator[Line]:
    """The same, a few thousand in memory at a time. Holders have a name of their own in every raffle."""
    salt = bytes.fromhex(sealed.unseal(raffle.sealed_salt))
    rows = RaffleEntry.objects.filter(raffle=raffle, first__isnull=False).order_by("first").iterator(chunk_size=LINES_AT_ONCE)
    while some := list(islice(rows, LINES_AT_ONCE)):
        names = _names(raffle, {row.member_id for row in some}, salt)
        yield from (Line(row.first or 0, row.last or 0, str(row.public_id), names[row.member_id]) for row in some)


def _names(raffle: Raffle, member_ids: set[int], salt: bytes) -> dict[int, str]:
    people = Member.objects.filter(pk__in=member_ids).values_list("pk", "public_id")
    return {pk: fairness.holder_of(salt=salt, raffle=str(raffle.public_id), member=str(public_id)) for pk, public_id in people}


def record_draw(*, raffle_id: int, value: PublicValue, at: datetime) -> Raffle:
    """
    Draw with the public value that was promised. Joins the caller's transaction; a raffle that was drawn stays as it is.

    What does not fit its promise (the seed, the rules, the list) is not drawn: it is void.
    """
    joined("a draw")
    row = locked(raffle_id)
    if row.state != State.CLOSED:
        return row
    lines = lines_of(row)
    seed = bytes.fromhex(sealed.unseal(row.sealed_seed))
    if broken := _broken_promise(row, lines, seed=seed, value=value):
        return void_locked(row, reason=broken, at=at)
    chosen = fairness.choose(
        lines=lines,
        seed=seed,
        root=bytes.fromhex(row.root),
        public_value=bytes.fromhex(value.randomness),
        places=row.prize_count + row.reserves,
    )
    RaffleDraw.objects.create(
        raffle=row,
        root=row.root,
        seed=seed.hex(),
        signature=value.signature,
        randomness=value.randomness,
        chosen=[number for number, _ in chosen],
        drawn_at=at,
    )
    _name_winners(row, chosen, at=at)
    _release_what_nobody_won(row, awarded=len(chosen), at=at)
    moves.move(row, State.DRAWN, moves.Kind.DRAWN, at=at, detail=f"당첨 {min(len(chosen), row.prize_count):,}명")
    return row


def _broken_promise(raffle: Raffle, lines: Sequence[Line], *, seed: bytes, value: PublicValue) -> str:
    """Why this draw cannot be what was promised; empty when it can."""
    promise = raffle.commitment
    if hashlib.sha256(seed).hexdigest() != promise.seed_hash:
        return "비밀값이 처음 공개한 지문과 달라요."
    if hashlib.sha256(promise.rules.encode()).hexdigest() != promise.rules_hash:
        return "규칙이 처음 공개한 지문과 달라요."
    if fairness.root_of([line.leaf() for line in lines]).hex() != raffle.root:
        return "응모 목록이 마감 때 공개한 지문과 달라요."
    if value.round != raffle.public_round:
        return "약속한 회차의 공개 난수가 아니에요."
    return ""


def _name_winners(raffle: Raffle, chosen: Sequence[tuple[int, Line]], *, at: datetime) -> None:
    entries = {str(entry.public_id): entry for entry in RaffleEntry.objects.filter(public_id__in=[line.entry for _, line in chosen])}
    until = at + timedelta(days=ANSWER_WITHIN_DAYS.at(at))
    for place, (number, line) in enumerate(chosen, start=1):
        wins = place <= raffle.prize_count
        winner = RaffleWinner.objects.create(
            raffle=raffle,
            entry=entries[line.entry],
            member_id=entries[line.entry].member_id,
            number=number,
            place=place,
            prize_rank=place if wins else None,
            state=RaffleWinner.State.WON if wins else RaffleWinner.State.RESERVE,
            answer_by=until if wins else None,
        )
        if wins:
            tell_winner(winner, at=at)


def tell_winner(winner: RaffleWinner, *, at: datetime) -> None:
    """Write the notice: what was won and until when to answer. Joins the caller's transaction."""
    raffle = winner.raffle
    prize = raffle.prize_of(winner.prize_rank or 1)
    member = Member.objects.select_related("user").get(pk=winner.member_id)
    title, url = "래플에 당첨됐어요", f"/luckffle/raffles/{raffle.public_id}/"
    body = f"‘{raffle.title}’에서 {prize['name']}에 당첨됐어요. 기한 안에 받겠다고 답해 주세요."
    key = f"raffle:{raffle.public_id}:won:{winner.place}"
    notifications.notify(user=member.user, kind="rewards.raffle_won", title=title, body=body, url=url, key=key, at=at)
    push.tell(member_id=member.pk, key=key, title=title, body=body, url=url, at=at)


def void(*, raffle: Raffle, reason: str, at: datetime, by: User | None = None) -> Raffle:
    """
    End a raffle without a draw, with a public reason. The tickets go back by `return_tickets`.

    :raises RaffleMoved: it was drawn, or is void already.
    """
    with transaction.atomic():
        return void_locked(locked(raffle.pk), reason=reason, at=at, by=by)


def void_when_too_late(*, raffle_id: int, at: datetime) -> None:
    """Void a raffle that has waited for its public value as long as the rules allow. Joins the caller's transaction."""
    row = locked(raffle_id)
    if row.state == State.CLOSED and at >= row.draws_at + timedelta(hours=VOID_AFTER_HOURS.at(row.draws_at)):
        void_locked(row, reason="약속한 공개 난수를 구하지 못했어요.", at=at)


def void_locked(raffle: Raffle, *, reason: str, at: datetime, by: User | None = None) -> Raffle:
    """The same for a row that is locked, its sponsor's wallet before it."""
    if not reason.strip():
        raise ValueError("a void raffle says why")
    moves.require(raffle, State.VOID)
    raffle.void_reason = reason.strip()
    release_down_to(raffle, keep=0, at=at)
    moves.move(raffle, State.VOID, moves.Kind.VOIDED, at=at, by=by, detail=raffle.void_reason)
    return raffle


def return_tickets(*, at: datetime, limit: int = RETURN_AT_ONCE) -> int:
    """Give the tickets of void raffles back, entry by entry, each in its own transaction; how many entries."""
    return sum(_return(entry, at=at) for entry in _to_return().order_by("pk")[:limit])


def _to_return() -> QuerySet[RaffleEntry]:
    """Entries of void raffles whose tickets did not go back yet."""
    return RaffleEntry.objects.filter(raffle__state=State.VOID, returned_at=None, tickets__gt=0)


def with_tickets_to_return() -> QuerySet[Raffle]:
    """Void raffles that still owe tickets."""
    return Raffle.objects.filter(entries__in=_to_return()).distinct()


def _return(entry: RaffleEntry, *, at: datetime) -> bool:
    with credits.busy_if_locked(), transaction.atomic(durable=True):
        key = f"raffle-return:{entry.public_id}"
        credits.grant(member_id=entry.member_id, amount=entry.tickets, kind=Kind.RAFFLE, key=key, at=at, reason="래플 무효")
        return bool(RaffleEntry.objects.filter(pk=entry.pk, returned_at=None).update(returned_at=at))


def locked(raffle_id: int) -> Raffle:
    """The raffle under its lock, the sponsor's wallet locked before it."""
    seen = Raffle.objects.select_related("sponsor").get(pk=raffle_id)
    if seen.sponsor is not None:
        credits.lock_wallet(seen.sponsor)
    return moves.lock(seen)


def _release_what_nobody_won(raffle: Raffle, *, awarded: int, at: datetime) -> None:
    """The sponsor's credits for prizes without a winner go back; those of the others stay on hold until they are delivered."""
    winners = min(awarded, raffle.prize_count)
    release_down_to(raffle, keep=sum(raffle.worth_of(rank) for rank in range(1, winners + 1)), at=at)


def release_down_to(raffle: Raffle, *, keep: int, at: datetime) -> None:
    """Give back what of the sponsor's hold is open above `keep`. Wallet and raffle are locked; without a sponsor nothing is held."""
    if raffle.hold is None:
        return
    raffle.hold.refresh_from_db()
    surplus = raffle.hold.open - keep
    if surplus > 0:
        key = f"raffle:{raffle.public_id}:release:{raffle.hold.released + surplus}"
        credits.release(hold=raffle.hold, credits=surplus, key=key, at=at)
