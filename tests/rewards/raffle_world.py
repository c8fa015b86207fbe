"""Raffles to try things on: one prize for an hour from noon, three members with twelve tickets, drand on a real socket."""

from datetime import timedelta

from django.db import transaction

from common import effects
from common.kst import day_of
from credits import selectors as balances
from credits import services as credits
from rewards import raffles
from rewards.models import Raffle
from rewards.raffles import drawing

HOUR = timedelta(hours=1)
HEADPHONES = {"name": "헤드폰", "quantity": 1, "value_krw": 40_000}


def draft(at, *, by=None, sponsor=None, prizes=(HEADPHONES,), **options):
    with transaction.atomic():
        return raffles.prepare(
            title="헤드폰 래플",
            prizes=[raffles.Prize(**prize) for prize in prizes],
            opens_at=options.pop("opens_at", at),
            closes_at=options.pop("closes_at", at + HOUR),
            at=at,
            by=by,
            sponsor=sponsor,
            **options,
        )


def opened(at, *, by, funder, **options):
    raffle = draft(at, by=by, **options)
    raffles.fund(raffle=raffle, by=funder, at=at)
    return raffles.open_raffle(raffle=raffle, at=at)


def give(member, tickets, at):
    with transaction.atomic():
        credits.grant(member_id=member.pk, amount=tickets, kind="ISSUED", key=f"test:{member.pk}:{day_of(at)}", at=at)


def tickets_of(member):
    return balances.member_tickets(member.pk)


def press(member, raffle, *, chances=1, key="one", at):
    return raffles.enter(member=member, raffle=raffle.public_id, chances=chances, key=key, at=at)


def closed(raffle, at=None):
    raffles.close(raffle=raffle, at=at or raffle.closes_at)
    return Raffle.objects.get(pk=raffle.pk)


def drawn(raffle, *, at):
    """Let the clock do what is due; the raffle afterwards."""
    effects.run_due(at=at)
    return Raffle.objects.get(pk=raffle.pk)


__all__ = ["HEADPHONES", "HOUR", "closed", "draft", "drawing", "drawn", "give", "opened", "press", "tickets_of"]
