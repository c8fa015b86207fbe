"""Before entries are taken: prepare, fund, open with a promise."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from django.db import transaction
from pydantic import AwareDatetime, Field, StringConstraints, model_validator

from advertisers.models import Advertiser
from common import sealed
from common.schemas import FormWhole, Input, Whole
from common.transactions import joined
from credits import services as credits
from identity.models import User
from rewards.models import Raffle, RaffleCommitment
from rewards.models.raffles import State
from rewards.raffles import drand, moves
from rewards.raffles.errors import FunderIsMaker, NotFunded, RaffleMoved
from rewards.raffles.rules import DRAW_AFTER_MINUTES, rules_of

SECRET_BYTES = 32


class Prize(Input):
    """name: as winners read it.   value_krw: market value of one, VAT included.   gift: public id of a gifticon that is given."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=60)]
    quantity: Annotated[Whole, Field(ge=1, le=1_000)]
    value_krw: Annotated[Whole, Field(ge=0, le=100_000_000)]
    gift: UUID | None = None

    def as_promised(self) -> dict[str, Any]:
        """As it stands in the rules, JSON-ready."""
        return self.model_dump(mode="json", exclude_none=True)


class RaffleWanted(Input):
    """What an operator wants to raffle. See `Raffle`."""

    title: Annotated[str, StringConstraints(min_length=2, max_length=60)]
    body: Annotated[str, StringConstraints(max_length=1_000)] = ""
    prizes: Annotated[tuple[Prize, ...], Field(min_length=1, max_length=20)]
    tickets_per_entry: Annotated[FormWhole, Field(ge=1, le=1_000)] = 1
    entries_per_member: Annotated[FormWhole, Field(ge=1, le=100_000)] = 1_000
    reserves: Annotated[FormWhole, Field(ge=0, le=1_000)] = 0
    opens_at: AwareDatetime
    closes_at: AwareDatetime

    @model_validator(mode="after")
    def _in_order(self) -> "RaffleWanted":
        if self.closes_at <= self.opens_at:
            raise ValueError("응모 마감은 시작보다 뒤여야 해요.")
        return self


def prepare(
    *,
    title: str,
    prizes: Sequence[Prize],
    opens_at: datetime,
    closes_at: datetime,
    at: datetime,
    by: User | None = None,
    sponsor: Advertiser | None = None,
    **options: Any,
) -> Raffle:
    """
    Write a raffle down as a draft. Joins the caller's transaction.

    options: body, tickets_per_entry, entries_per_member, reserves, opens_by_itself.   The draw comes a dated setting after the closing.
    """
    joined("a raffle")
    return Raffle.objects.create(
        title=title,
        prizes=[prize.as_promised() for prize in prizes],
        opens_at=opens_at,
        closes_at=closes_at,
        draws_at=closes_at + timedelta(minutes=DRAW_AFTER_MINUTES.at(at)),
        made_by=by,
        sponsor=sponsor,
        created_at=at,
        **options,
    )


def fund(*, raffle: Raffle, by: User, at: datetime) -> Raffle:
    """
    A second operator confirms that the money for every prize is there. Confirming again changes nothing.

    :raises FunderIsMaker: who made the raffle cannot confirm it.   :raises RaffleMoved: it is no draft, or a sponsor pays for it.
    """
    with transaction.atomic():
        row = moves.lock(raffle)
        if row.state == State.FUNDED:
            return row
        if row.made_by_id == by.pk:
            raise FunderIsMaker
        if row.sponsor_id is not None:
            raise RaffleMoved
        row.funded_krw = row.prize_value_krw
        moves.move(row, State.FUNDED, moves.Kind.FUNDED, at=at, by=by, detail=f"{row.funded_krw:,}원")
        return row


def fund_by_sponsor(*, raffle: Raffle, at: datetime, actor: str) -> Raffle:
    """
    Hold the sponsor's credits for every prize. Joins the caller's transaction; again it changes nothing.

    :raises InsufficientCredits: the sponsor has less; nothing was written.
    """
    if raffle.sponsor is None:
        raise RaffleMoved
    credits.lock_wallet(raffle.sponsor)
    row = moves.lock(raffle)
    if row.state == State.FUNDED:
        return row
    moves.require(row, State.FUNDED)
    row.funded_krw = row.prize_value_krw
    row.hold = credits.place_hold(
        advertiser=raffle.sponsor,
        credits=row.funded_krw,
        subject=f"raffle:{row.public_id}",
        subject_label=row.title,
        key=f"raffle:{row.public_id}:hold",
        at=at,
        actor=actor,
    )
    moves.move(row, State.FUNDED, moves.Kind.FUNDED, at=at, detail=f"{row.funded_krw:,}원")
    return row


def open_raffle(*, raffle: Raffle, at: datetime) -> Raffle:
    """
    Make the seed, fix the public value to come, publish the promise, take entries. Owns the transaction; again it changes nothing.

    :raises: what `open_joined` raises.
    """
    with transaction.atomic(durable=True):
        return open_joined(raffle=raffle, at=at)


def open_joined(*, raffle: Raffle, at: datetime) -> Raffle:
    """
    The same, joining the caller's transaction.

    :raises NotFunded: less was set aside than the prizes are worth.   :raises RaffleMoved: it is not ready, or its time has passed.
    """
    row = moves.lock(raffle)
    if row.state == State.OPEN:
        return row
    if row.funded_krw < row.prize_value_krw or row.state == State.DRAFT:
        raise NotFunded(needed=f"{row.prize_value_krw:,}")
    moves.require(row, State.OPEN)
    if row.closes_at <= at:
        raise RaffleMoved
    seed, salt = secrets.token_bytes(SECRET_BYTES), secrets.token_bytes(SECRET_BYTES)
    row.sealed_seed, row.sealed_salt = sealed.seal(seed.hex()), sealed.seal(salt.hex())
    row.public_round, row.opened_at = drand.round_at(row.draws_at), at
    moves.move(row, State.OPEN, moves.Kind.OPENED, at=at)
    rules = rules_of(row)
    RaffleCommitment.objects.create(
        raffle=row,
        seed_hash=hashlib.sha256(seed).hexdigest(),
        rules=rules,
        rules_hash=hashlib.sha256(rules.encode()).hexdigest(),
        made_at=at,
    )
    return row
