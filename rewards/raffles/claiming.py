"""After the draw: winners answer, who does not makes room for the next in reserve."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from credits import services as credits
from rewards import gifticons, prize_tax
from rewards.models import Gifticon, Member, PrizeTax, Raffle, RaffleWinner
from rewards.models.raffles import State
from rewards.raffles import drawing, moves
from rewards.raffles.errors import ClaimTooLate, NothingToClaim, RaffleMoved
from rewards.raffles.rules import ANSWER_WITHIN_DAYS

_State = RaffleWinner.State
_OPEN = (_State.WON, _State.CLAIMED)  # winners whose prize is still on its way


def claim(*, member: Member, raffle: UUID, at: datetime) -> RaffleWinner:
    """
    A winner says that the prize is wanted; above the legal minimum its tax is asked for. Owns the transaction; saying it again changes
    nothing.

    :raises NothingToClaim: this member won nothing here.   :raises ClaimTooLate: the answer came after its time.
    """
    with transaction.atomic(durable=True):
        row = Raffle.objects.select_for_update().filter(public_id=raffle).first()  # first, as passing on does
        winner = RaffleWinner.objects.filter(raffle=row, member_id=member.pk).exclude(state=_State.RESERVE).first() if row else None
        if row is None or winner is None:
            raise NothingToClaim
        if winner.state in (_State.CLAIMED, _State.DELIVERED):
            return winner
        if winner.state == _State.LAPSED or winner.answer_by is None or winner.answer_by <= at:
            raise ClaimTooLate
        winner.state, winner.claimed_at = _State.CLAIMED, at
        winner.save(update_fields=["state", "claimed_at"])
        moves.record(row, moves.Kind.CLAIMED, at=at, detail=f"{winner.place}번째로 뽑힌 번호 {winner.number:,}")
        prize_tax.ask(raffle=row, winner=winner, at=at)
        return winner


def deliver(*, raffle: Raffle, place: int, at: datetime) -> RaffleWinner:
    """
    Write down that a claimed prize has reached its winner, or order the coupon that it is; a sponsor pays for it now. Joins the caller's
    transaction; again it changes nothing.

    :raises RaffleMoved: nobody claimed it.   :raises TaxUnpaid: its tax has not arrived.
    :raises GifticonNotFound, SoldOut: the coupon cannot be had.
    """
    row = drawing.locked(raffle.pk)
    winner = RaffleWinner.objects.filter(raffle=row, place=place).first()
    if winner is None or winner.state not in (_State.CLAIMED, _State.DELIVERED):
        raise RaffleMoved
    if winner.state == _State.CLAIMED:
        prize_tax.refuse_unpaid(winner)
        winner.state = _State.DELIVERED
        winner.save(update_fields=["state"])
        _charge(row, winner, at=at)
        _order_coupon(row, winner, at=at)
        moves.record(row, moves.Kind.GIVEN, at=at, detail=f"{winner.place}번째로 뽑힌 번호 {winner.number:,}")
    return winner


def _charge(raffle: Raffle, winner: RaffleWinner, *, at: datetime) -> None:
    """Take the price of a delivered prize out of the sponsor's hold, once per prize. The wallet is locked."""
    worth = raffle.worth_of(winner.prize_rank or 1)
    if raffle.hold is not None and worth:
        key = f"raffle:{raffle.public_id}:capture:{winner.prize_rank}"
        credits.capture(hold=raffle.hold, credits=worth, reward_cost=worth, key=key, at=at)


def _order_coupon(raffle: Raffle, winner: RaffleWinner, *, at: datetime) -> None:
    """A prize from the catalogue goes out as a coupon, once per prize."""
    number = raffle.prize_of(winner.prize_rank or 1).get("gift")
    if number is None:
        return
    key = f"raffle:{raffle.public_id}:{winner.prize_rank}"
    gifticons.order_prize(member_id=winner.member_id, gifticon=Gifticon.objects.get(public_id=number), key=key, at=at)


def _late(*, at: datetime) -> QuerySet[RaffleWinner]:
    """Winners who did not answer in time."""
    return RaffleWinner.objects.filter(state=_State.WON, answer_by__lte=at)


def with_prizes_to_pass_on(*, at: datetime) -> QuerySet[Raffle]:
    """Raffles in which `lapse` would pass a prize on."""
    return Raffle.objects.filter(Q(winners__in=_late(at=at)) | Q(winners__tax__in=prize_tax.lapse_due(at=at))).distinct()


def lapse(*, at: datetime) -> int:
    """
    Pass the prizes of those who did not answer, or told nothing for the tax in time, to the next in reserve, in the order drawn; how many
    prizes moved on.
    """
    late = _late(at=at).order_by("place").values_list("pk", flat=True)
    return sum(_pass_on(pk, at=at) for pk in late) + sum(_forfeit_untold(tax, at=at) for tax in prize_tax.lapse_due(at=at))


def forfeit(*, tax: PrizeTax, at: datetime) -> RaffleWinner:
    """
    The tax of a prize was not paid in time: the prize moves on. Joins the caller's transaction.

    :raises TaxMoved: it was paid, or its time is not over.
    """
    raffle = moves.lock(Raffle.objects.get(winners__tax=tax))
    prize_tax.give_up(tax=tax, at=at)
    winner = RaffleWinner.objects.get(tax=tax)
    _let_go(raffle, winner, at=at)
    return winner


def _forfeit_untold(tax: PrizeTax, *, at: datetime) -> bool:
    with transaction.atomic(durable=True):
        moves.lock(Raffle.objects.get(winners__tax=tax))
        if not prize_tax.lapse_due(at=at).filter(pk=tax.pk).exists():
            return False  # the winner told it in the last second
        forfeit(tax=tax, at=at)
        return True


def _pass_on(winner_id: int, *, at: datetime) -> bool:
    with transaction.atomic(durable=True):
        raffle = moves.lock(Raffle.objects.get(winners=winner_id))
        winner = RaffleWinner.objects.get(pk=winner_id)
        if winner.state != _State.WON or winner.answer_by is None or winner.answer_by > at:
            return False
        _let_go(raffle, winner, at=at)
        return True


def _let_go(raffle: Raffle, winner: RaffleWinner, *, at: datetime) -> None:
    """The prize of a winner goes to the next in reserve. The raffle is locked."""
    winner.state = _State.LAPSED
    winner.save(update_fields=["state"])
    moves.record(raffle, moves.Kind.LAPSED, at=at, detail=f"{winner.place}번째로 뽑힌 번호 {winner.number:,}")
    _promote(raffle, prize_rank=winner.prize_rank, at=at)


def _promote(raffle: Raffle, *, prize_rank: int | None, at: datetime) -> None:
    heir = RaffleWinner.objects.filter(raffle=raffle, state=_State.RESERVE).order_by("place").first()
    if heir is None:
        return
    heir.state, heir.prize_rank = _State.WON, prize_rank
    heir.answer_by = at + timedelta(days=ANSWER_WITHIN_DAYS.at(at))
    heir.save(update_fields=["state", "prize_rank", "answer_by"])
    moves.record(raffle, moves.Kind.PROMOTED, at=at, detail=f"{heir.place}번째로 뽑힌 번호 {heir.number:,}")
    drawing.tell_winner(heir, at=at)


def finish(*, at: datetime) -> int:
    """Close the books of raffles whose every prize was delivered or lapsed without an heir; how many."""
    return sum(_finish(pk, at=at) for pk in to_finish().values_list("pk", flat=True))


def to_finish() -> QuerySet[Raffle]:
    """Drawn raffles of which no prize is on its way any more."""
    open_ends = RaffleWinner.objects.filter(state__in=_OPEN).values("raffle_id")
    return Raffle.objects.filter(state=State.DRAWN).exclude(pk__in=open_ends)


def _finish(raffle_id: int, *, at: datetime) -> bool:
    """The sponsor gets back what nobody took."""
    with transaction.atomic(durable=True):
        row = drawing.locked(raffle_id)
        if row.state != State.DRAWN or row.winners.filter(state__in=_OPEN).exists():
            return False
        drawing.release_down_to(row, keep=0, at=at)
        row.state = State.FINISHED
        row.save(update_fields=["state"])
        return True
