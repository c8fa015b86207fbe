"""Doors that the clock and the effects knock on."""

from datetime import datetime, timedelta

from celery import shared_task
from django.utils import timezone

from backoffice import anomalies, demo_accounts
from backoffice.card_review import building
from backoffice.models import CardReviewPack
from common import effects
from common.effects import Outcome, Result
from common.errors import DomainError
from common.models import Effect
from identity import retention


@shared_task(name="backoffice.anomalies")
def look_for_anomalies() -> int:
    """Judge the last full hour of what is watched; how many episodes began."""
    return len(anomalies.look(at=timezone.now()))


@retention.rule(
    "backoffice.demo_accounts",
    what="끝난 데모 계정의 이름·이메일·캠페인 초안",
    why="써 보려고 연 계정: 끝나고 7일 보관",
    keep_days=demo_accounts.KEPT_DAYS,
)
def purge_demos(until: datetime) -> int:
    """Demos that ended a while ago."""
    return demo_accounts.forget(ended_until=until, at=until + timedelta(days=demo_accounts.KEPT_DAYS))


@retention.rule(
    "backoffice.card_review_packs",
    what="카드 심사 자료의 화면과 심사 계정",
    why="카드사 심사와 재심사: 180일 보관, 마지막 자료는 비교를 위해 남김",
    keep_days=building.KEPT_DAYS,
    counting=building.count_old_packs,
)
def purge_card_review_packs(until: datetime) -> int:
    """Packs that were sent in long ago."""
    return building.forget(until=until)


@effects.handler(building.KIND)
class MakeCardReviewPack:
    """Make a pack of pictures for card companies. The pack says by itself how far it is; whoever made it and died is asked about here."""

    def send(self, effect: Effect) -> Outcome:
        """Walk and draw. What stops it stands in the row, for the operator who asked."""
        pack = CardReviewPack.objects.get(pk=effect.ids["pack"])
        if pack.state != CardReviewPack.State.WAITING:
            return self.ask(effect)
        try:
            building.build(pack)
        except DomainError as refusal:
            return Outcome(Result.DONE, detail=refusal.code)
        return Outcome(Result.DONE)

    def ask(self, effect: Effect) -> Outcome:
        """It has ended, or may still come, or is given up."""
        pack = CardReviewPack.objects.get(pk=effect.ids["pack"])
        return Outcome(Result.DONE if building.give_up(pack, at=timezone.now()) else Result.PENDING)

    def record(self, effect: Effect, outcome: Outcome, *, at: datetime) -> None:
        """The row was written on the way."""
