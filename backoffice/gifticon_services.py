"""What operators do about gifticons: one domain service each, with who did it and why."""

from datetime import datetime, timedelta

from django.contrib.admin.models import ADDITION
from django.db import transaction

from backoffice.gifticon_forms import Application, Deposit, Markup, Offer
from backoffice.services import AlreadyDone, note, take_turn
from identity.models import User
from rewards.gifticons import deposit, importing, offering
from rewards.models import Gifticon, GifticonDeposit, GifticonImport, GifticonPriceRule

SAME_DEPOSIT = timedelta(minutes=10)


def start_import(*, by: User, at: datetime) -> GifticonImport:
    """Begin to read the supplier's catalogue, or go on with what stopped. The relay does the reading."""
    run = importing.start(by=by, at=at)
    if run.started_at == at:
        with transaction.atomic(durable=True):
            note(row=run, by=by, reason="기프티콘 목록 가져오기", at=at, flag=ADDITION)
    return run


def apply_import(*, run: GifticonImport, wish: Application, by: User, at: datetime) -> GifticonImport:
    """
    Make the catalogue what was read.

    :raises ImportMoved: it was applied or dropped before.
    """
    with transaction.atomic(durable=True):
        row = importing.apply(run=run, with_jumps=wish.with_jumps, by=by, at=at)
        note(row=row, by=by, reason="기프티콘 목록 반영" + (" (크게 바뀐 것 포함)" if wish.with_jumps else ""), at=at)
        return row


def drop_import(*, run: GifticonImport, by: User, at: datetime) -> GifticonImport:
    """
    Forget what was read.

    :raises ImportMoved: it was applied or dropped before.
    """
    with transaction.atomic(durable=True):
        row = importing.drop(run=run, at=at)
        note(row=row, by=by, reason="기프티콘 목록 버림", at=at)
        return row


def set_markup(*, wish: Markup, by: User, at: datetime) -> GifticonPriceRule:
    """
    Offer a good or a brand for more than its face value from a moment on.

    :raises RuleRefused: nothing has this code, the moment has passed, or another rule begins at it.
    """
    with transaction.atomic(durable=True):
        rule = offering.set_markup(
            thing=wish.thing, markup_percent=wish.markup_percent, effective_from=wish.effective_from, reason=wish.reason, by=by, at=at
        )
        note(row=rule, by=by, reason=wish.reason, at=at, flag=ADDITION)
        return rule


def change_offer(*, item: Gifticon, wish: Offer, by: User, at: datetime) -> Gifticon:
    """
    How many more are given away, and whether the shop shows it.

    :raises StockMoved: the number is another one than the operator saw.
    """
    with transaction.atomic(durable=True):
        row = offering.change_offer(item=item, stock=wish.stock, was=wish.was, is_shown=wish.is_shown)
        note(row=row, by=by, reason=f"남은 수량 {offering.left_of(row.stock)}, {'보임' if wish.is_shown else '숨김'}", at=at)
        return row


def note_deposit(*, wish: Deposit, by: User, at: datetime) -> GifticonDeposit:
    """
    Write down money that was paid to the supplier.

    :raises AlreadyDone: somebody has just written the same down.
    """
    with transaction.atomic(durable=True):
        take_turn("gifticon_deposit")
        if GifticonDeposit.objects.filter(amount_krw=wish.amount_krw, reason=wish.reason, at__gt=at - SAME_DEPOSIT).exists():
            raise AlreadyDone
        row = deposit.note_deposit(amount_krw=wish.amount_krw, reason=wish.reason, by=by, at=at)
        note(row=row, by=by, reason=wish.reason, at=at, flag=ADDITION)
        return row
