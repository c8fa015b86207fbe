"""The offerwall room: which networks are open, rewards that wait for somebody, and every call with what came of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import Count, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from backoffice import offerwall_services as services
from backoffice import rights
from backoffice.forms import ReasonSheet
from backoffice.rights import Right
from backoffice.site import operator_of, page, room
from backoffice.views.deeds import carry_out
from common.kst import day_from, day_of
from rewards.models import Member, OfferwallCall, OfferwallReward
from rewards.models.offerwalls import RewardState
from rewards.offerwalls import receiving
from rewards.offerwalls.networks import NETWORKS, Network

PER_PAGE = 50
WAITING = 50
FAULTY = Q(outcome__in=[*receiving.UNPROVED, OfferwallCall.Outcome.CONFLICT])


@dataclass(frozen=True, slots=True)
class Line:
    """One network today. tickets: that its rewards brought.   faults: calls that nobody may have sent.   senders: how many networks."""

    network: Network
    has_key: bool
    is_open: bool
    senders: int
    calls: int
    faults: int
    tickets: int


@room(Right.SEE_OFFERWALLS)
@require_safe
def offerwalls(request: HttpRequest) -> HttpResponse:
    """Everything on one page; the log by network and by what came of a call."""
    return _overview(request)


def _overview(request: HttpRequest, *, form: ReasonSheet | None = None, status: int = 200) -> HttpResponse:
    tab = request.GET.get("tab", "")
    rows = OfferwallCall.objects.all()
    if tab in NETWORKS:
        rows = rows.filter(network=tab)
    elif tab in OfferwallCall.Outcome.values:
        rows = rows.filter(outcome=tab)
    waiting = list(OfferwallReward.objects.filter(state=RewardState.HELD).order_by("received_at", "pk")[:WAITING])
    members = Member.objects.in_bulk([reward.member_id for reward in waiting])
    context: dict[str, Any] = {
        "title": "오퍼월",
        "lines": _lines(at=timezone.now()),
        "waiting": [(reward, NETWORKS[reward.network].label, members.get(reward.member_id)) for reward in waiting],
        "rows": Paginator(rows.order_by("-pk"), PER_PAGE).get_page(request.GET.get("page")),
        "networks": [(code, known.label) for code, known in NETWORKS.items()],
        "outcomes": OfferwallCall.Outcome.choices,
        "tab": tab,
        "form": form,
        "may_run": rights.has(request.user, Right.RUN_OFFERWALLS),
    }
    return page(request, "backoffice/offerwalls.html", context, status=status)


def _lines(*, at: datetime) -> list[Line]:
    since = day_from(day_of(at))
    calls = OfferwallCall.objects.filter(at__gte=since).values("network").annotate(calls=Count("pk"), faults=Count("pk", filter=FAULTY))
    paid = OfferwallReward.objects.filter(received_at__gte=since, entry__isnull=False).values("network").annotate(tickets=Sum("tickets"))
    counted = {row["network"]: (int(row["calls"]), int(row["faults"])) for row in calls}
    earned = {row["network"]: int(row["tickets"]) for row in paid}
    is_open = {network.code for network in receiving.open_networks()}
    return [
        Line(
            network=network, has_key=bool(receiving.keys_of(network)), is_open=code in is_open,
            senders=len(settings.OFFERWALLS[code]["senders"]), calls=counted.get(code, (0, 0))[0],
            faults=counted.get(code, (0, 0))[1], tickets=earned.get(code, 0),
        )
        for code, network in NETWORKS.items()
    ]  # fmt: skip


@room(Right.RUN_OFFERWALLS)
@require_POST
def switch(request: HttpRequest, network: str) -> HttpResponse:
    """Open or close one network."""
    form, is_open = ReasonSheet(request.POST), request.POST.get("is_open") == "on"
    return carry_out(
        request,
        lambda: services.switch(network=network, is_open=is_open, reason=form.value.reason, by=operator_of(request), at=timezone.now()),
        done="오퍼월을 열었어요." if is_open else "오퍼월을 닫았어요.",
        to=redirect("admin:offerwalls"),
        form=form,
        again=lambda: _overview(request, form=form, status=422),
    )


@room(Right.RUN_OFFERWALLS)
@require_POST
def pay(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The reward is fine."""
    return _decided(request, public_id, is_paid=True, done="티켓을 지급했어요.")


@room(Right.RUN_OFFERWALLS)
@require_POST
def refuse(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The reward is not."""
    return _decided(request, public_id, is_paid=False, done="지급하지 않기로 했어요.")


def _decided(request: HttpRequest, public_id: UUID, *, is_paid: bool, done: str) -> HttpResponse:
    reward, form = get_object_or_404(OfferwallReward, public_id=public_id), ReasonSheet(request.POST)
    return carry_out(
        request,
        lambda: services.decide(reward=reward, is_paid=is_paid, reason=form.value.reason, by=operator_of(request), at=timezone.now()),
        done=done,
        to=redirect("admin:offerwalls"),
        form=form,
        again=lambda: _overview(request, form=form, status=422),
    )
