"""Doors the clock knocks on. Each call may be lost, doubled or late."""

import logging
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from campaigns import audience, forecast, pictures
from campaigns.fraud import rules
from campaigns.landing import Found, look
from campaigns.models import Campaign, Export, Finish, Origin
from campaigns.postbacks import pace
from campaigns.services import (
    clock,
    counting,
    counting_people,
    exporting,
    inviting,
    keeping,
    landing_watch,
    outgoing,
    reporting,
    steps,
)
from common import dated, effects
from common.effects import Outcome, Result
from common.errors import DomainError
from common.models import Effect
from common.provider import GatewayError
from identity import retention

LEGAL_DAYS = 1_095  # three years
PICTURE_DAYS = dated.define(
    "campaigns.picture_days", default=LEGAL_DAYS, label="인증 사진을 확인한 뒤 보관하는 날 수", least=LEGAL_DAYS, unit="일"
)

LOOKS_AT_A_POST = 4
logger = logging.getLogger(__name__)


@shared_task(name="campaigns.clock")
def move() -> None:
    """Begin, end, pour, withdraw and settle what the moment moves."""
    at = timezone.now()
    clock.in_turn(lambda: clock.tick(at=at), lambda: {"settled": clock.settle(at=at)})


@shared_task(name="campaigns.capture")
def capture() -> None:
    """Take what was confirmed out of the holds."""
    clock.capture(at=timezone.now())


@shared_task(name="campaigns.tell_confirmed")
def tell_confirmed() -> None:
    """Tell the advertisers' own servers what was confirmed."""
    outgoing.tell_confirmed(at=timezone.now())


@shared_task(name="campaigns.expire_participations")
def expire_participations() -> None:
    """Return the units of participations that ran out of time, and decide what waited for people too long."""
    at = timezone.now()
    clock.in_turn(lambda: {"returned": clock.sweep(at=at)}, lambda: {"decided": clock.end_quarantines(at=at)})


@shared_task(name="campaigns.look_at_landings")
def look_at_landings() -> None:
    """Ask for today's look at every landing page of what runs."""
    clock.look_at_landings(at=timezone.now())


@effects.handler(landing_watch.KIND)
class LookAtLanding:
    """Open the landing page of one campaign once. Reading changes nothing there, so asking again is looking again."""

    def send(self, effect: Effect) -> Outcome:
        url = Campaign.objects.values_list("landing_url", flat=True).get(pk=effect.ids["campaign"])
        finding = look(url)
        data = {"url": url, "missed": landing_watch.is_miss(finding), "sentence": finding.sentence}
        return Outcome(Result.DONE, detail=finding.found.value, data=data)

    def ask(self, effect: Effect) -> Outcome:
        return self.send(effect)

    def record(self, effect: Effect, outcome: Outcome, *, at: datetime) -> None:
        landing_watch.looked(campaign_id=effect.ids["campaign"], on=date.fromisoformat(effect.ids["on"]), at=at, **outcome.data)


@shared_task(name="campaigns.count")
def count() -> None:
    """Count the hours that may have changed."""
    counting.count(at=timezone.now())


@effects.handler(steps.LOOK)
class LookAtPost:
    """
    Open a member's post once: on the day until which it had to stay, and later, when all is paid. Reading changes nothing there, so asking
    again is looking again.
    """

    def send(self, effect: Effect) -> Outcome:
        finding = look(steps.address_of(UUID(effect.ids["participation"]), effect.ids["step"]))
        if finding.found in (Found.FAILED, Found.UNREACHABLE) and effect.attempts < LOOKS_AT_A_POST:
            return Outcome(Result.AGAIN, detail=finding.found.value, after=timedelta(hours=6))
        return Outcome(Result.DONE, detail=finding.found.value, data={"is_kept": not landing_watch.is_miss(finding)})

    def ask(self, effect: Effect) -> Outcome:
        return self.send(effect)

    def record(self, effect: Effect, outcome: Outcome, *, at: datetime) -> None:
        if outcome.result != Result.DONE:
            return
        facts: dict[str, Any] = {
            "campaign_id": effect.ids["campaign"],
            "participation": UUID(effect.ids["participation"]),
            "attempt": effect.ids["attempt"],
            "step": effect.ids["step"],
            "is_kept": outcome.data["is_kept"],
            "at": at,
        }
        if look := effect.ids.get("look"):
            keeping.looked(kind=effect.kind, look=look, **facts)
        else:
            steps.looked(found=outcome.detail, **facts)


@shared_task(name="campaigns.count_people")
def count_people() -> None:
    """Count who took part on the days that are over."""
    counting_people.count_people(at=timezone.now())


@shared_task(name="campaigns.fraud_rules")
def fraud_rules() -> None:
    """Write down what several starts together show."""
    rules.run(at=timezone.now())


@effects.handler(exporting.KIND)
class MakeExport:
    """Make one file. It reads and writes only what is ours, so after a silence it is made again."""

    def send(self, effect: Effect) -> Outcome:
        row = Export.objects.select_related("advertiser").filter(pk=effect.ids["export"]).first()
        if row is None or not row.is_waiting:
            return Outcome(Result.FAILED, detail="not asked for any more")
        try:
            file, rows = exporting.make(row)
        except DomainError as refusal:  # what was asked for is gone
            return Outcome(Result.FAILED, detail=type(refusal).__name__)
        except Exception as failure:  # whatever it is, whoever waits for the file hears in the end that there will be none
            if effect.attempts < exporting.LAST_TRY:
                raise
            logger.exception("Unable to make export %s", row.public_id)
            return Outcome(Result.FAILED, detail=type(failure).__name__)
        return Outcome(Result.DONE, data={"file": file, "rows": rows})

    def ask(self, effect: Effect) -> Outcome:
        return self.send(effect)

    def record(self, effect: Effect, outcome: Outcome, *, at: datetime) -> None:
        if outcome.result == Result.DONE:
            exporting.finish(export=effect.ids["export"], at=at, **outcome.data)
        elif outcome.result == Result.FAILED:
            exporting.fail(export=effect.ids["export"], at=at)


@retention.rule(
    "campaigns.exports",
    what="내려받을 성과 파일",
    why="다시 만들 수 있어서 7일만 보관",
    keep_days=exporting.KEPT_DAYS,
    counting=exporting.count_old_exports,
)
def purge_exports(until: datetime) -> int:
    """Delete files that were asked for long ago."""
    return exporting.forget_exports(until=until)


@shared_task(name="campaigns.reports")
def reports() -> None:
    """Let the reports go out whose time has come."""
    reporting.send_due(at=timezone.now())


@effects.handler(reporting.KIND)
class ReportByMail:
    """
    One report. A mail server cannot be asked whether it took a mail: after a silence the same mail goes out again. That it did not go out
    is said only when it was refused every time; a refusal after a silence proves nothing about the mail before.
    """

    def send(self, effect: Effect) -> Outcome:
        try:
            return self.ask(effect)
        except GatewayError as refusal:
            if refusal.known and effect.attempts >= reporting.LAST_TRY:
                return Outcome(Result.FAILED, detail=refusal.code)
            raise

    def ask(self, effect: Effect) -> Outcome:
        sent = reporting.mail(**_about(effect))
        return Outcome(Result.DONE) if sent else Outcome(Result.FAILED, detail="nobody reads it any more")

    def record(self, effect: Effect, outcome: Outcome, *, at: datetime) -> None:
        about = _about(effect)
        if outcome.result == Result.DONE:
            reporting.sent(**about, at=at)
        elif outcome.result == Result.FAILED:
            reporting.not_sent(schedule=about["schedule"], last=about["last"], at=at)
        elif outcome.result == Result.UNKNOWN and effect.attempts >= reporting.LAST_TRY:
            reporting.unsure(schedule=about["schedule"], last=about["last"], at=at)


def _about(effect: Effect) -> dict[str, Any]:
    """Which report: its calendar and its days."""
    return {"schedule": effect.ids["schedule"], **{name: date.fromisoformat(effect.ids[name]) for name in ("first", "last")}}


@retention.rule("campaigns.origins", what="참여한 곳의 해시(주소·대역·기기)", why="부정 참여 확인: 90일 보관", keep_days=90)
def purge_origins(until: datetime) -> int:
    """Drop where starts came from."""
    return Origin.objects.filter(at__lt=until).delete()[0]


@retention.rule("campaigns.finishes", what="참여를 마친 곳의 해시(주소·대역)", why="짧은 시간에 몰린 참여를 세려고 하루 보관", keep_days=1)
def purge_finishes(until: datetime) -> int:
    """Drop where participations were finished."""
    return Finish.objects.filter(at__lt=until).delete()[0]


def count_pictures(until: datetime) -> int:
    """How many pictures are due."""
    return pictures.due(until=_pictures_until(until)).count()


def _pictures_until(until: datetime) -> datetime:
    """The moment by the policy of operators, which may keep pictures longer than the law."""
    now = until + timedelta(days=LEGAL_DAYS)
    return now - timedelta(days=PICTURE_DAYS.at(now))


@retention.rule(
    "campaigns.evidence_pictures",
    what="회원이 올린 인증 사진",
    why="전자상거래법 시행령 제6조(소비자 불만·분쟁 기록): 확인하고 3년 보관, 정책 설정으로 늘릴 수 있음",
    keep_days=LEGAL_DAYS,
    counting=count_pictures,
)
def purge_pictures(until: datetime) -> int:
    """Destroy the pictures of what was decided before; who decided what stays."""
    return pictures.forget(until=_pictures_until(until))


@shared_task(name="campaigns.nightly")
def nightly() -> None:
    """Count yesterday anew, hold forecasts against what happened, and forget lists of people and counts of minutes whose time is over."""
    at = timezone.now()
    if wrong := counting.recount_yesterday(at=at):
        logger.warning("Hours of yesterday that were counted wrong: %s", wrong)
    counting_people.recount_people(at=at)
    pace.forget(at=at)
    forecast.judge(at=at)
    audience.forget_expired(at=at)


@shared_task(name="campaigns.referrals")
def pay_referrals() -> None:
    """Friends who were invited and finished their first mission: both sides get their tickets, and lose them when it was fraud."""
    at = timezone.now()
    inviting.pay_due(at=at)
    inviting.take_back_due(at=at)
