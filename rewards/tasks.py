"""Doors the clock and the effects knock on: raffles open, close and draw by themselves, a member's data becomes a file."""

import logging
from datetime import datetime, timedelta

from celery import shared_task
from django.utils import timezone

from common import effects
from common.effects import Outcome, Result
from common.models import Effect
from common.provider import GatewayError
from identity import retention, withdrawal
from rewards import data_export, prize_tax
from rewards import gifticon_tasks as gifticon_tasks  # its handlers register themselves
from rewards import push_tasks as push_tasks
from rewards.models import DataExport, FormerMember, Raffle
from rewards.models.raffles import State
from rewards.offerwalls import watching
from rewards.raffles import clock, drand, drawing
from rewards.raffles.drand import PublicValue

logger = logging.getLogger(__name__)
LOOK_AGAIN = timedelta(seconds=10)


@effects.handler(drawing.EFFECT)
class DrawRaffle:
    """
    Fetch the promised round and draw with it. No other source is put in: without the round the draw waits, and after the time that the
    rules allow the raffle is void.
    """

    def send(self, effect: Effect) -> Outcome:
        raffle = Raffle.objects.get(pk=effect.ids["raffle"])
        if raffle.state != State.CLOSED or raffle.public_round is None:
            return Outcome(Result.DONE, detail="nothing to draw")
        try:
            value = drand.fetch(raffle.public_round)
        except GatewayError as trouble:
            logger.warning("The draw of raffle %s waits for its round: %s", raffle.pk, trouble.code)
            return Outcome(Result.PENDING, detail=trouble.code, after=LOOK_AGAIN)
        return Outcome(Result.DONE, data={"signature": value.signature, "randomness": value.randomness, "round": value.round})

    def ask(self, effect: Effect) -> Outcome:
        return self.send(effect)  # reading changes nothing there

    def record(self, effect: Effect, outcome: Outcome, *, at: datetime) -> None:
        if "signature" in outcome.data:
            drawing.record_draw(raffle_id=effect.ids["raffle"], value=PublicValue(**outcome.data), at=at)
        elif outcome.result is Result.PENDING:
            drawing.void_when_too_late(raffle_id=effect.ids["raffle"], at=at)


@effects.handler(data_export.EFFECT)
class MakeDataExport:
    """Write the file of a member's data. Nothing outside the house is called; a worker that died writes it anew."""

    def send(self, effect: Effect) -> Outcome:
        export = DataExport.objects.select_related("member__user").filter(pk=effect.ids["export"]).first()
        if export is None or not export.member.is_active:
            data_export.drop(effect.key.partition(":")[2])  # a worker that died may have written it before they left
            return Outcome(Result.FAILED, detail="the member left")
        if export.is_ready:
            return Outcome(Result.DONE, detail="it is there")
        return Outcome(Result.DONE, data={"file": data_export.make(export, at=timezone.now())})

    def ask(self, effect: Effect) -> Outcome:
        return self.send(effect)  # it only replaces its own file

    def record(self, effect: Effect, outcome: Outcome, *, at: datetime) -> None:
        if "file" in outcome.data:
            data_export.record(export_id=effect.ids["export"], file=outcome.data["file"], at=at)


@retention.rule("rewards.data_exports", what="회원이 받은 내 데이터 파일", why="받을 시간이 지난 파일은 지움: 30일", keep_days=30)
def purge_data_exports(until: datetime) -> int:
    """Files that nobody may fetch any more."""
    return data_export.erase(until=until)


@retention.rule(
    "rewards.former_members",
    what="떠난 회원의 휴대전화·본인 해시",
    why="첫 가입 혜택을 두 번 받지 못하게 전자상거래법 시행령 제6조의 기간 동안 보관",
    keep_days=withdrawal.KEPT_FOR.days,
)
def purge_former_members(until: datetime) -> int:
    """Those who left before the law's time."""
    return FormerMember.objects.filter(left_at__lte=until).delete()[0]


@shared_task(name="rewards.forget_tax_identities")
def forget_tax_identities() -> None:
    """Delete who paid prize taxes that the law no longer asks about."""
    prize_tax.erase_due(at=timezone.now())


@shared_task(name="rewards.raffles")
def raffles() -> None:
    """Open, close, pass prizes on, give tickets back: whatever the moment asks for."""
    clock.tick(at=timezone.now())


@shared_task(name="rewards.watch_offerwalls")
def watch_offerwalls() -> None:
    """Tell operators when a network's signatures go wrong."""
    watching.watch(at=timezone.now())


@shared_task(name="rewards.forget_offerwall_calls")
def forget_offerwall_calls() -> None:
    """Every night: drop what the log of offerwalls need not keep."""
    watching.forget(at=timezone.now())
