"""Closing days, recording proofs, and the switch that stops money."""

import logging
from datetime import date, datetime, timedelta

from django.db import connection, transaction

from common.kst import day_from, day_of, day_until
from common.models import DatedSetting
from common.transactions import joined
from credits import digests, proof
from credits.guards import DAY_LOCKS
from credits.models import DayDigest, ProofRun
from credits.proof import Report
from credits.services.grants import MONEY_STOPPED
from identity import notifications

logger = logging.getLogger(__name__)

CLOSES_AFTER = timedelta(minutes=15)  # 00:15 KST: what was booked before midnight has long been written


def close_day(*, on: date, at: datetime) -> DayDigest:
    """
    Close a KST day: nothing can be booked into it any more, and its hash goes into the next day's. Joins the caller's transaction.

    Waits for bookings of that day that are under way; closing a closed day returns its digest.

    :raises ValueError: the day is not over, or an earlier one is still open.
    """
    joined("closing a day")
    if on >= day_of(at):
        raise ValueError(f"{on} is not over")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s::date - DATE '2000-01-01')", [DAY_LOCKS, on])
    if digest := DayDigest.objects.filter(day_on=on).first():
        return digest
    if digests.next_day_to_close() != on:
        raise ValueError(f"{on} is not the next day to close")
    found = digests.digest_of(on, previous=DayDigest.objects.order_by("-day_on").first())
    digest = DayDigest.objects.create(
        day_on=on,
        entries=found.entries,
        postings=found.postings,
        closing=found.closing,
        previous_hash=found.previous_hash,
        hash=found.hash,
        closed_at=at,
    )
    logger.info("Closed %s with %s entries, hash %s", on, digest.entries, digest.hash)
    return digest


def close_finished_days(*, at: datetime) -> list[DayDigest]:
    """Close every day that ended at least 15 minutes ago, oldest first, each in a transaction of its own."""
    closed = []
    while (on := digests.next_day_to_close()) is not None and at >= day_until(on) + CLOSES_AFTER:
        with transaction.atomic(durable=True):
            closed.append(close_day(on=on, at=at))
    return closed


def record_proof(report: Report, *, at: datetime) -> ProofRun:
    """Keep the result of a run, chained to the run before it. Joins the caller's transaction."""
    joined("recording a proof")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, -1)", [DAY_LOCKS])
    previous = ProofRun.objects.order_by("-pk").first()
    run = ProofRun(
        ran_at=at,
        is_green=report.is_green,
        counts=report.counts,
        differences=report.differences,
        previous_hash=previous.hash if previous else "",
    )
    run.hash = digests.run_hash(run)
    run.save(force_insert=True)
    logger.info("Proof run %s is %s, hash %s", run.pk, "green" if run.is_green else "red", run.hash)
    return run


def stop_money(*, at: datetime, reason: str) -> None:
    """Refuse top-ups and refunds from now on. Joins the caller's transaction."""
    _switch(True, at=at, reason=reason)


def resume_money(*, at: datetime, reason: str) -> None:
    """Allow top-ups and refunds again. Joins the caller's transaction."""
    _switch(False, at=at, reason=reason)


def _switch(stopped: bool, *, at: datetime, reason: str) -> None:
    DatedSetting.objects.update_or_create(name=MONEY_STOPPED.name, effective_from=at, defaults={"value": stopped, "reason": reason[:200]})
    logger.warning("Money is %s", "stopped" if stopped else "moving")


def keep_proof(report: Report, *, at: datetime, may_stop_money: bool = True) -> ProofRun:
    """
    Keep the result of a run and tell the operators when it is red, in a transaction of its own.

    may_stop_money: stop top-ups and refunds when the ledger contradicts itself.
    """
    with transaction.atomic(durable=True):
        return take_proof(report, at=at, may_stop_money=may_stop_money)


def take_proof(report: Report, *, at: datetime, may_stop_money: bool = True) -> ProofRun:
    """What `keep_proof` does. Joins the caller's transaction."""
    run = record_proof(report, at=at)
    found = len(run.differences)
    stops = report.must_stop_money and may_stop_money and not MONEY_STOPPED.at(at)
    if stops:
        stop_money(at=at, reason=f"증명 {run.pk}에서 차이 {found}개")
    if found:
        notifications.alert_operators(
            kind="credits.proof_red",
            title=f"원장 증명에서 차이 {found}개를 찾았어요",
            body=f"{run.differences[0]}{' 충전과 환불을 멈췄어요.' if stops else ''} verify_ledger로 모든 줄을 볼 수 있어요.",
            key=f"proof:{run.pk}:red",
            at=at,
        )
    return run


def nightly_proof(*, at: datetime) -> ProofRun | None:
    """
    Close the days that are over, then prove once per KST day; None when that was done. Called every few minutes. A run that somebody
    asked for before the day was closed takes nobody's place.
    """
    close_finished_days(at=at)
    begins = day_from(day_of(at)) + CLOSES_AFTER
    if at < begins or ProofRun.objects.filter(ran_at__gte=begins).exists():
        return None
    proof.prepare(at=at)
    return keep_proof(proof.run(), at=at)
