"""Whether the machines work: jobs of the clock, work outside, payment companies. Reads only; a fixed number of queries."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Count, Max, Q
from django.urls import reverse

from backoffice import access_review
from backoffice.words import word_of
from common import jobs
from common.models import Effect, InboundWebhook
from payments.models import PaymentOrder

LATE_AFTER = timedelta(minutes=5)
LOOKED_BACK = timedelta(hours=24)
State = PaymentOrder.State
FAILED, PAID = (State.FAILED, State.ABANDONED), (State.PAID, State.PART_REFUNDED, State.REFUNDED)


@dataclass(frozen=True, slots=True)
class Line:
    """One part of the machine. tone: green, amber or red.   url: the rows behind the sentence."""

    title: str
    sentence: str
    tone: str
    url: str


def lines(*, at: datetime) -> tuple[Line, ...]:
    """Jobs, effects, every payment company, and whether the access log was looked through."""
    return (_jobs(at), _effects(at), *_gateways(at), _access_review(at))


def _access_review(at: datetime) -> Line:
    month = access_review.overdue(at=at)
    url = reverse("backoffice:access-review")
    if month is None:
        return Line("접속 기록 점검", "지난달까지 점검했어요.", "green", url)
    return Line("접속 기록 점검", f"{month:%Y년} {month.month}월 기록을 아직 점검하지 않았어요.", "amber", url)


def _jobs(at: datetime) -> Line:
    known = jobs.jobs(at=at)
    late, broken = sum(job.is_late for job in known), sum(job.is_broken for job in known)
    url = reverse("backoffice:common_jobrun_changelist")
    if not late and not broken:
        return Line("정기 작업", f"{len(known)}가지가 모두 제때 돌아요.", "green", url)
    return Line("정기 작업", f"늦은 작업 {late}가지, 마지막에 실패한 작업 {broken}가지", "red" if broken else "amber", url)


def _effects(at: datetime) -> Line:
    late = Effect.objects.due(at - LATE_AFTER)
    count = late.count()
    url = reverse("backoffice:common_effect_changelist")
    if not count:
        return Line("바깥 작업", "밀린 작업이 없어요.", "green", url)
    return Line("바깥 작업", f"5분 넘게 밀린 작업 {count:,}건", "red", f"{url}?late=yes")


def _gateways(at: datetime) -> list[Line]:
    since = at - LOOKED_BACK
    orders = PaymentOrder.objects.filter(created_at__gte=since).values("gateway").order_by()
    counts = orders.annotate(paid=Count("pk", filter=Q(state__in=PAID)), failed=Count("pk", filter=Q(state__in=FAILED)))
    by_gateway = {row["gateway"]: (row["paid"], row["failed"]) for row in counts}
    heard = dict(InboundWebhook.objects.values_list("gateway").annotate(Max("received_at")).order_by())
    return [_gateway(name, by_gateway.get(name, (0, 0)), heard.get(name), since) for name in settings.PAYMENT_GATEWAYS]


def _gateway(name: str, counted: tuple[int, int], heard: datetime | None, since: datetime) -> Line:
    paid, failed = counted
    query = urlencode({"gateway": name, "created_at__gte": since.isoformat()})
    said = f"마지막 웹훅 {heard.astimezone():%m월 %d일 %H:%M}" if heard else "받은 웹훅이 없어요"
    tone = "red" if failed and not paid else "amber" if failed > paid else "green"
    sentence = f"하루 동안 결제 {paid:,}건, 끝나지 않은 결제 {failed:,}건 · {said}"
    return Line(word_of(name), sentence, tone, f"{reverse('backoffice:payments_paymentorder_changelist')}?{query}")
