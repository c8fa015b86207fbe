"""One refund as the refund desk shows it: evidence, checks, calculation and history. Reads only."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q
from django.utils.timezone import localtime

from advertisers.models import Advertiser
from backoffice.words import word_of
from common.models import Effect
from common.templatetags.boost import credits as figure
from common.templatetags.boost import kst_short, won
from credits import selectors as credits
from identity.models import ApprovalRequest, User
from payments import services as payments
from payments.models import BankTransfer, PaymentOrder, ReconciliationItem, Refund, RefundAccount
from payments.policy import different_until

WAITING = (Refund.State.REQUESTED, Refund.State.FAILED, Refund.State.UNKNOWN)
RUNNING = (Refund.State.APPROVED, Refund.State.SENT, Refund.State.BANK)
OVER = (Refund.State.DONE, Refund.State.DENIED, Refund.State.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the policy checks. tone: green, amber (to know), red (to stop at)."""

    title: str
    finding: str
    tone: str

    @property
    def icon(self) -> str:
        """The theme's icon for the tone."""
        return {"green": "check_circle", "amber": "do_not_disturb_on", "red": "cancel"}[self.tone]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the calculation, in words ready to show. A dash where a column does not apply."""

    title: str
    credits: str
    supply: str = "–"
    vat: str = "–"
    total: str = "–"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to the refund."""

    at: datetime
    who: str
    what: str


@dataclass(frozen=True, slots=True)
class Case:
    """Everything the desk shows about one refund."""

    refund: Refund
    order: PaymentOrder
    advertiser: Advertiser
    since: str
    checks: tuple[Check, ...]
    lines: tuple[Line, ...]
    total: Line
    events: tuple[Event, ...]
    lots: credits.OrderLots
    approval: ApprovalRequest | None
    effect: Effect | None
    items: tuple[ReconciliationItem, ...]
    account: RefundAccount | None
    account_is_ready: bool
    transfer: BankTransfer | None

    @property
    def short_id(self) -> str:
        """The beginning of the refund's number, enough to talk about it."""
        return str(self.refund.public_id)[:8]

    @property
    def company(self) -> str:
        """The payment company, in words."""
        return word_of(self.order.gateway)

    @property
    def all_lots(self) -> tuple[credits.LotView, ...]:
        """The paid lot, then its bonus."""
        return (*((self.lots.paid,) if self.lots.paid else ()), *self.lots.bonus)

    @property
    def open_items(self) -> tuple[ReconciliationItem, ...]:
        """Differences on this order that wait for a person."""
        return tuple(item for item in self.items if item.state == ReconciliationItem.State.OPEN)

    @property
    def verdict(self) -> str:
        """The worst tone among the checks."""
        tones = {check.tone for check in self.checks}
        return "red" if "red" in tones else "green"

    @property
    def is_decidable(self) -> bool:
        """True while an operator may approve or deny."""
        return self.refund.may_be_decided

    @property
    def is_failed(self) -> bool:
        """True when the gateway certainly refused."""
        return self.refund.state == Refund.State.FAILED

    @property
    def is_before_the_card_company(self) -> bool:
        """True while the card holder complains, so that nobody may decide, send or pay anything here."""
        return self.order.state == PaymentOrder.State.DISPUTED and (self.is_decidable or self.is_failed)

    @property
    def is_unknown(self) -> bool:
        """True while nobody knows whether the gateway cancelled."""
        return self.refund.state == Refund.State.UNKNOWN

    @property
    def is_running(self) -> bool:
        """True between the approval and the gateway's answer."""
        return self.refund.state in (Refund.State.APPROVED, Refund.State.SENT)

    @property
    def is_on_bank_way(self) -> bool:
        """True while a transfer by hand is under way."""
        return self.refund.state == Refund.State.BANK and self.transfer is not None

    @property
    def is_by_bank(self) -> bool:
        """True when the money went to a bank account."""
        return self.refund.way == Refund.Way.BANK

    def began_transfer(self, user: User) -> bool:
        """True for the operator who sits at the bank, or took it over from that one; only they read the whole number."""
        return self.transfer is not None and self.transfer.state == BankTransfer.State.STARTED and self.transfer.holder == user

    @property
    def is_done(self) -> bool:
        """True when the money is back on the card."""
        return self.refund.state == Refund.State.DONE

    @property
    def waits_for_a_second(self) -> bool:
        """True when one operator has approved and another must."""
        return self.is_decidable and self.approval is not None and self.approval.is_waiting

    def was_asked_by(self, user: User) -> bool:
        """True when this operator gave the first approval and so may not give the second."""
        return self.approval is not None and self.approval.made_by_id == user.pk


def case_of(refund: Refund, *, at: datetime) -> Case:
    """Gather one refund's case. refund: with order, its advertiser, and the people joined."""
    order = refund.order
    others = tuple(Refund.objects.counted().filter(order=order).exclude(pk=refund.pk))
    items = tuple(ReconciliationItem.objects.filter(order=order).order_by("-opened_at"))
    lots = credits.order_lots(order.order_id)
    approval = (
        ApprovalRequest.objects.filter(kind="payments.refund", subject=f"refund:{refund.public_id}")
        .select_related("made_by", "decided_by")
        .order_by("-pk")
        .first()
    )
    effect = Effect.objects.filter(kind="payments.refund", ids__refund=refund.pk).order_by("-pk").first()
    lines, total = _calculation(refund, order, others)
    account = payments.current_account(order.advertiser)
    transfer = refund.transfers.select_related("account", "asked_by", "approved_by", "started_by", "taken_over_by").order_by("-pk").first()
    return Case(
        refund=refund,
        order=order,
        advertiser=order.advertiser,
        since=_since(order.advertiser.created_at, at),
        checks=_checks(refund, order, others, items, lots, at),
        lines=lines,
        total=total,
        events=_events(refund, order, approval),
        lots=lots,
        approval=approval,
        effect=effect,
        items=items,
        account=account,
        account_is_ready=account is not None and at >= account.usable_at,
        transfer=transfer,
    )


def neighbours(refund: Refund) -> tuple[int, int, Refund | None, Refund | None]:
    """Where a refund stands among those that wait, oldest first: place (0 when it does not wait), how many, before, after."""
    queue = Refund.objects.filter(state__in=WAITING)
    earlier = Q(requested_at__lt=refund.requested_at) | Q(requested_at=refund.requested_at, pk__lt=refund.pk)
    later = Q(requested_at__gt=refund.requested_at) | Q(requested_at=refund.requested_at, pk__gt=refund.pk)
    place = queue.filter(earlier).count() + 1 if refund.state in WAITING else 0
    before = queue.filter(earlier).order_by("-requested_at", "-pk").first()
    after = queue.filter(later).order_by("requested_at", "pk").first()
    return place, queue.count(), before, after


def _since(joined: datetime, at: datetime) -> str:
    days = (at - joined) // timedelta(days=1)
    return f"가입 {days // 30}개월" if days >= 60 else f"가입 {max(0, days)}일"


def _checks(
    refund: Refund,
    order: PaymentOrder,
    others: tuple[Refund, ...],
    items: tuple[ReconciliationItem, ...],
    lots: credits.OrderLots,
    at: datetime,
) -> tuple[Check, ...]:
    return (
        _in_time(refund, order),
        *_clock(refund, at),
        _state_at_the_gateway(order, others, items),
        _set_aside(refund, order, lots),
        _excluded(lots),
        _bonus(refund),
        _overlapping(others),
    )


def _in_time(refund: Refund, order: PaymentOrder) -> Check:
    until, paid_at = order.refundable_until, order.paid_at
    if until is None or paid_at is None:
        return Check("환불 기간", "결제가 끝나지 않은 주문이에요", "red")
    if refund.known_on is not None:
        until = different_until(paid_at=paid_at, known_on=refund.known_on)
    day = (localtime(refund.requested_at).date() - localtime(paid_at).date()).days + 1
    finding = f"결제 {day}일째에 요청 · {kst_short(until)}까지"
    if refund.known_on is not None:
        return Check("표시·광고와 다르다는 청약철회", f"{refund.known_on:%Y.%m.%d}에 알았어요 · {finding}", "amber")
    return Check("환불 기간 안", finding, "green") if refund.requested_at < until else Check("환불 기간 지남", finding, "red")


def _clock(refund: Refund, at: datetime) -> tuple[Check, ...]:
    """The promise of three business days, and what being late costs."""
    if refund.due_at is None or refund.state in (Refund.State.DENIED, Refund.State.WITHDRAWN):
        return ()
    if refund.done_at is not None:
        interest = refund.delay_interest_krw
        if not interest:
            return (Check("기한 안에 환불", f"{kst_short(refund.due_at)}까지", "green"),)
        return (Check("늦은 환불", f"지연 이자 {won(interest)}을 따로 드려야 해요", "red"),)
    last = kst_short(refund.due_at - timedelta(seconds=1))
    return (Check("환불 기한", f"{last}까지", "green") if at < refund.due_at else Check("환불 기한 지남", f"{last}까지였어요", "red"),)


def _state_at_the_gateway(order: PaymentOrder, others: tuple[Refund, ...], items: tuple[ReconciliationItem, ...]) -> Check:
    open_items = [item for item in items if item.state == ReconciliationItem.State.OPEN]
    if open_items:
        return Check("결제사 기록", f"확인할 대사 차이가 {len(open_items)}건 있어요", "red")
    if order.cancelled_krw:
        return Check("결제사 기록", f"승인 {won(order.captured_krw)} · 취소 {won(order.cancelled_krw)}", "amber")
    return Check("결제사 기록", f"승인 {won(order.captured_krw)} · 취소 이력 없음", "green")


def _set_aside(refund: Refund, order: PaymentOrder, lots: credits.OrderLots) -> Check:
    paid = lots.paid
    if refund.state in OVER:
        return Check("돌려줄 크레딧", f"{figure(refund.credits)} · {figure(order.credits)} 중", "green")
    frozen = paid.frozen if paid else 0
    enough = frozen >= refund.credits + refund.promotion
    finding = f"{figure(refund.credits)} 잠금 · {figure(order.credits)} 중"
    return Check("쓰지 않은 크레딧", finding, "green") if enough else Check("잠긴 크레딧 부족", f"{figure(frozen)}만 잠겨 있어요", "red")


def _excluded(lots: credits.OrderLots) -> Check:
    paid = lots.paid
    used, held = (paid.used, paid.held) if paid else (0, 0)
    if not used and not held:
        return Check("쓰거나 묶인 크레딧", "없어요", "green")
    labels = ", ".join(f"{hold.subject_label} {figure(hold.credits)}" for hold in credits.holds_of(paid)) if paid and held else ""
    parts = [f"{figure(used)} 집행" if used else "", f"{figure(held)} 캠페인에 묶임" + (f"({labels})" if labels else "") if held else ""]
    return Check("쓰거나 묶인 크레딧 제외", " · ".join(part for part in parts if part), "amber")


def _bonus(refund: Refund) -> Check:
    if refund.promotion:
        taken = f"{figure(refund.bonus)} 회수 · " if refund.bonus else ""
        return Check("보너스 회수", f"{taken}쓴 보너스 {figure(refund.promotion)}만큼 환불에서 뺐어요", "amber")
    if refund.bonus:
        return Check("보너스 회수", f"{figure(refund.bonus)} 회수", "green")
    return Check("보너스 회수", "거둘 보너스가 없어요", "green")


def _overlapping(others: tuple[Refund, ...]) -> Check:
    waiting = [other for other in others if other.state != Refund.State.DONE]
    if waiting:
        return Check("겹치는 요청", f"같은 결제의 다른 요청이 {len(waiting)}건 있어요", "amber")
    done = [other for other in others if other.state == Refund.State.DONE]
    if done:
        return Check("겹치는 요청", f"끝난 환불이 {len(done)}건 있고, 남은 금액에서 계산했어요", "green")
    return Check("겹치는 요청", "같은 결제의 다른 요청이 없어요", "green")


def _calculation(refund: Refund, order: PaymentOrder, others: tuple[Refund, ...]) -> tuple[tuple[Line, ...], Line]:
    before_credits = sum(other.credits for other in others)
    before_vat = sum(other.vat_krw for other in others)
    kept_credits = order.credits - before_credits - refund.credits
    kept_vat = order.vat_krw - before_vat - refund.vat_krw
    lines = [_money_line("원 결제", order.credits, order.vat_krw)]
    if others:
        lines.append(_money_line("다른 환불", -before_credits, -before_vat))
    if kept_credits or kept_vat:
        title = "쓰거나 남기는 크레딧" if kept_credits >= 0 else "결제보다 더 나간 금액"
        lines.append(_money_line(title, -kept_credits, -kept_vat))
    if refund.promotion:
        lines.append(Line("쓴 보너스만큼 뺀 크레딧", figure(-refund.promotion)))
    if refund.bonus:
        lines.append(Line("보너스 회수", figure(-refund.bonus)))
    total = Line(
        "환불 금액",
        figure(-(refund.credits + refund.bonus + refund.promotion)),
        won(refund.credits),
        won(refund.vat_krw),
        won(refund.amount_krw),
    )
    return tuple(lines), total


def _money_line(title: str, credits_: int, vat: int) -> Line:
    return Line(title, figure(credits_), won(credits_), won(vat), won(credits_ + vat))


def _events(refund: Refund, order: PaymentOrder, approval: ApprovalRequest | None) -> tuple[Event, ...]:
    asked = "결제사" if refund.source == Refund.Source.GATEWAY else order.advertiser.name
    events = [Event(refund.requested_at, asked, f"{won(refund.amount_krw)} 환불을 요청했어요")]
    if refund.source == Refund.Source.ADVERTISER:
        bonus = f"과 보너스 {figure(refund.bonus)}" if refund.bonus else ""
        events.append(Event(refund.requested_at, "시스템", f"{figure(refund.credits + refund.promotion)}크레딧{bonus}을 잠갔어요"))
    if approval is not None:
        events.append(Event(approval.made_at, approval.made_by.get_full_name(), "승인했어요 · 두 번째 승인이 필요해요"))
        if approval.state == ApprovalRequest.State.REFUSED and approval.decided_at and approval.decided_by:
            events.append(Event(approval.decided_at, approval.decided_by.get_full_name(), f"두 번째 승인을 거절했어요 · {approval.reason}"))
    if refund.decided_at is not None:
        who = refund.decided_by.get_full_name() if refund.decided_by else "시스템"
        what = f"반려했어요 · {refund.deny_reason}" if refund.state == Refund.State.DENIED else "환불을 승인했어요"
        events.append(Event(refund.decided_at, who, what))
    if refund.sent_at is not None:
        events.append(Event(refund.sent_at, "시스템", f"결제사에 취소를 보냈어요 · {refund.try_no}번째 시도"))
    if refund.done_at is not None:
        what = f"카드 취소가 끝났어요 · {refund.cancel_id}" if refund.state == Refund.State.DONE else "끝났어요"
        if refund.way == Refund.Way.CARD:
            events.append(Event(refund.done_at, "결제사", what))
    events += _transfer_events(refund)
    events += [Event(entry.action_time, entry.user.get_full_name(), entry.change_message) for entry in _notes(refund)]
    return tuple(sorted(events, key=lambda event: event.at))


def _transfer_events(refund: Refund) -> list[Event]:
    """The steps of every transfer that was tried."""
    events = []
    for transfer in refund.transfers.select_related("account", "asked_by", "approved_by", "started_by", "taken_over_by"):
        steps = (
            (transfer.asked_at, transfer.asked_by, f"{transfer.account} 계좌로 보내자고 했어요 · {transfer.reason}"),
            (transfer.approved_at, transfer.approved_by, "계좌 환불을 승인했어요"),
            (transfer.started_at, transfer.started_by, "이체를 시작했어요"),
            (transfer.taken_over_at, transfer.taken_over_by, "이체를 넘겨받았어요"),
        )
        events += [Event(at, who.get_full_name(), what) for at, who, what in steps if at and who]
        if transfer.ended_at:
            sent = transfer.state == BankTransfer.State.DONE
            what = f"이체했어요 · {transfer.transfer_no}" if sent else f"계좌 환불을 취소했어요 · {transfer.ending}"
            events.append(Event(transfer.ended_at, _who_ended(transfer), what))
    return events


def _who_ended(transfer: BankTransfer) -> str:
    """Who sent it or called it off; the house where a cancel of the card company or a refusal took its place."""
    note = next((note for note in _notes(transfer) if note.action_time == transfer.ended_at), None)
    return note.user.get_full_name() if note else "시스템"


def _notes(row: Refund | BankTransfer) -> list[LogEntry]:
    content_type = ContentType.objects.get_for_model(row)
    return list(LogEntry.objects.filter(content_type=content_type, object_id=str(row.pk)).select_related("user"))
