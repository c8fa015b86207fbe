"""Changes that belong to the back office itself: they call one domain service and keep who did it and why."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import Model

from advertisers import papers
from advertisers.models import Advertiser, BusinessPaper
from backoffice import limits
from common import dated, effects
from common.errors import DomainError
from common.models import DatedSetting, Effect
from common.provider import GatewayError
from credits import services as ledger
from identity import access_log, approvals, notifications, withdrawal
from identity.models import ApprovalRequest, Notification, User, WithdrawnPerson
from payments import services as payments
from payments.models import BankTransfer, Offer, PaymentOrder, Refund, TaxDocument
from payments.policy import SECOND_APPROVAL_ABOVE_KRW
from rewards import prize_tax, raffles
from rewards.models import PrizeTax, Raffle, RaffleWinner
from rewards.models.prize_taxes import TaxState
from rewards.models.raffles import State as RaffleState
from rewards.prize_tax import reading
from rewards.raffles.preparing import RaffleWanted

RECONCILED_DAYS = 3
SAME_MOMENT = timedelta(seconds=10)
PRESS_KEPT_SECONDS = 86_400
WATCHED_POLICIES = {SECOND_APPROVAL_ABOVE_KRW.name, *(limit.name for limit in limits.LIMITS.values())}


class NotParked(DomainError):
    """The effect is not parked (any more)."""

    code = "backoffice.not_parked"
    message = "멈춘 작업이 아니에요. 다른 사람이 먼저 처리했을 수 있어요."


class AlreadySwitched(DomainError):
    """The switch stands where it was asked to go."""

    code = "backoffice.already_switched"
    message = "이미 바뀌어 있어요. 다른 사람이 먼저 눌렀을 수 있어요."


class AlreadyDone(DomainError):
    """Another press did it, mostly another operator's in the same moment."""

    code = "backoffice.already_done"
    message = "이미 처리했거나 다른 운영자가 먼저 처리했어요. 화면을 새로 고쳐서 결과를 확인해 주세요."


class StillRunning(DomainError):
    """What was asked for has been asked for already and is not over."""

    code = "backoffice.still_running"
    message = "이미 돌고 있어요. 끝나면 이 화면에 결과가 보여요."


class GatewaySilent(DomainError):
    """The payment company did not answer; nothing was changed."""

    code = "backoffice.gateway_silent"
    message = "결제사가 답하지 않았어요. 바뀐 것은 없고, 잠시 뒤에 다시 확인할 수 있어요."
    http_status = 503


def take_turn(subject: str) -> None:
    """Operators who press the same button at once come one after the other. Holds until the caller's transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"backoffice.{subject}"])


def take_once(press: str) -> None:
    """
    Remember a press for a day. Joins the caller's transaction; of the same press twice at once the second waits for the first.

    press: names the button and the key of the page that was opened.

    :raises AlreadyDone: it was made.
    """
    if not cache.add(f"backoffice.press.{press}", True, timeout=PRESS_KEPT_SECONDS):
        raise AlreadyDone


def note(*, row: Model, by: User, reason: str, at: datetime, flag: int = CHANGE) -> LogEntry:
    """Keep who changed a row, when and why. Joins the caller's transaction."""
    return LogEntry.objects.create(
        user=by,
        content_type=ContentType.objects.get_for_model(row),
        object_id=str(row.pk),
        object_repr=str(row)[:200],
        action_flag=flag,
        change_message=reason,
        action_time=at,
    )


def keep(*, row: Model, by: User, reason: str, at: datetime, flag: int = CHANGE) -> None:
    """
    Keep who did something, when and why, right after a service of another app did it in a transaction of its own; its rows name the
    person as well, so that nothing is lost should the process die in between.
    """
    with transaction.atomic(durable=True):
        note(row=row, by=by, reason=reason.strip()[:500], at=at, flag=flag)


def unpark(*, effect_id: int, by: User, reason: str, at: datetime) -> Effect:
    """
    Let a parked effect be asked about again.

    :raises NotParked: it is not parked; nothing was written.
    """
    with transaction.atomic(durable=True):
        if effects.unpark([effect_id], at=at) != 1:
            raise NotParked
        effect = Effect.objects.get(pk=effect_id)
        note(row=effect, by=by, reason=f"다시 확인: {reason}", at=at)
    return effect


def policies() -> dict[str, dated.Dated[Any]]:
    """What `set_policy` takes, by name. Money is stopped and let go by a switch of its own: an emergency has no appointment."""
    return {name: policy for name, policy in dated.defined().items() if name != ledger.MONEY_STOPPED.name}


def set_policy(*, name: str, value: object, effective_from: datetime, by: User, reason: str, at: datetime) -> DatedSetting:
    """
    Give a policy a new value from a moment on; what was paid or decided before keeps the old one. All operators hear of a limit on
    decisions that was moved: whoever moves it may be who decides next.

    :raises dated.PolicyRefused: unknown name, a value of another shape, a moment that has passed.
    :raises AlreadyDone: somebody was first with the same value for the same moment.
    """
    if name not in policies():
        raise dated.PolicyRefused(why="그런 설정은 없어요.")
    with transaction.atomic(durable=True):
        take_turn(f"policy.{name}")
        about_then = (effective_from - SAME_MOMENT, effective_from + SAME_MOMENT)
        if DatedSetting.objects.filter(name=name, value=value, effective_from__range=about_then).exists():
            raise AlreadyDone
        row = dated.change(name=name, value=value, effective_from=effective_from, reason=reason, by_id=by.pk, at=at)
        note(row=row, by=by, reason=reason, at=at, flag=ADDITION)
        if name in WATCHED_POLICIES:
            notifications.alert_operators(
                kind="backoffice.limit_changed",
                title=f"설정이 바뀌었어요: {policies()[name].label}",
                body=f"{by.get_full_name()} · 새 값 {value:,} · {reason}",
                key=f"backoffice:policy:{row.pk}",
                at=at,
            )
    return row


def switch_money(*, stop: bool, by: User, reason: str, at: datetime) -> DatedSetting:
    """
    Stop new top-ups and refunds, or let them go on, from now; the operators are told.

    :raises AlreadySwitched: somebody was first; nothing was written.
    """
    with transaction.atomic(durable=True):
        take_turn("money_switch")
        # Whoever waited for the turn looked at the clock before the turn that came first, so the newest one counts, whatever its moment.
        newest = DatedSetting.objects.filter(name=ledger.MONEY_STOPPED.name).order_by("-effective_from", "-pk").first()
        if bool(newest.value if newest else ledger.MONEY_STOPPED.default) is stop:
            raise AlreadySwitched
        at = max(at, newest.effective_from + timedelta(microseconds=1)) if newest else at
        row = dated.change(name=ledger.MONEY_STOPPED.name, value=stop, effective_from=at, reason=reason, by_id=by.pk, at=at)
        done = "충전과 환불을 멈췄어요" if stop else "충전과 환불을 다시 시작했어요"
        note(row=row, by=by, reason=f"{done} · {reason}", at=at, flag=ADDITION)
        notifications.alert_operators(
            kind="backoffice.money_switch",
            title=done,
            body=f"{by.get_full_name()} · {reason}",
            key=f"backoffice:money_switch:{row.pk}",
            at=at,
        )
    return row


def decide_paper(
    *, paper: BusinessPaper, decision: papers.Decision, by: User, at: datetime, reason: str = "", expires_on: date | None = None
) -> BusinessPaper:
    """
    Decide about a paper of a business, and keep who did.

    :raises papers.PaperReasonMissing, papers.PaperDecided: see `papers.decide`; nothing was written.
    """
    with transaction.atomic(durable=True):
        row = papers.decide(paper=paper, decision=decision, by=by, at=at, reason=reason, expires_on=expires_on)
        note(row=row, by=by, reason=" · ".join(word for word in (row.get_state_display(), row.reason) if word), at=at)
    return row


def look_at_contact(*, person: User, by: User, reason: str, at: datetime) -> None:
    """Write down who looks at whose e-mail and phone, and why."""
    with transaction.atomic(durable=True):
        access_log.note(actor=by, action="contact.viewed", subject=f"user:{person.public_id}", at=at, reason=reason)
        note(row=person, by=by, reason=f"연락처를 봤어요 · {reason}", at=at)


def take_export(*, model: type[Model], count: int, reason: str, by: User, at: datetime) -> None:
    """Write down who takes a list along as a file, of how many rows, and why."""
    with transaction.atomic(durable=True):
        access_log.note(actor=by, action="list.exported", subject=f"list:{model._meta.label_lower}:{count}", at=at, reason=reason)
        LogEntry.objects.create(
            user=by,
            content_type=ContentType.objects.get_for_model(model),
            object_repr=f"목록 {count:,}건",
            action_flag=CHANGE,
            change_message=f"파일로 받았어요 · {reason}",
            action_time=at,
        )


KEPT_WORDS = {
    "login_id": "로그인 아이디", "name": "이름", "email": "이메일", "phone": "휴대전화", "nickname": "별명", "member": "회원 번호",
    "business": "사업자", "company_name": "상호", "registration_number": "사업자등록번호", "representative": "대표자",
}  # fmt: skip


def look_at_withdrawn(*, person: WithdrawnPerson, by: User, reason: str, at: datetime) -> list[tuple[str, str]]:
    """What was kept of somebody who left, in words: (name, value). Who looked, and why, is written down."""
    with transaction.atomic(durable=True):
        kept = withdrawal.look(person=person, by=by, at=at)
        note(row=person, by=by, reason=f"보관 기록을 봤어요 · {reason}", at=at)
    return [(KEPT_WORDS.get(name, name), str(value)) for name, value in kept.items() if value]


def ask_gateway(*, order: PaymentOrder, by: User, reason: str, at: datetime) -> PaymentOrder:
    """
    Make one order agree with the gateway now, for an operator.

    :raises GatewaySilent: it could not be asked.
    """
    with transaction.atomic(durable=True):
        note(row=order, by=by, reason=f"결제사에 확인: {reason}", at=at)
    try:
        return payments.sync_order(order_id=order.order_id, at=at)
    except GatewayError as silence:
        raise GatewaySilent from silence


def retry_refund(*, refund: Refund, by: User, reason: str, at: datetime) -> Refund:
    """
    Move a stuck refund on and keep why.

    :raises payments.RefundNotStuck: it goes its way without help.   :raises GatewaySilent: the gateway could not be asked.
    """
    try:
        row = payments.retry_refund(refund=refund, by=by, reason=reason, at=at)
    except GatewayError as silence:
        raise GatewaySilent from silence
    with transaction.atomic(durable=True):
        note(row=row, by=by, reason=f"다시 시도했어요 · {reason}", at=at)
    return row


def end_offer(*, offer: Offer, by: User, reason: str, at: datetime) -> None:
    """
    Promise nothing more of a bonus, and keep why.

    :raises payments.OfferEnded: it is over.
    """
    with transaction.atomic(durable=True):
        note(row=payments.end_offer(offer=offer, at=at), by=by, reason=f"지금 끝냈어요 · {reason}", at=at)


def raise_offer_budget(*, offer: Offer, credits: int, by: User, reason: str, at: datetime, key: str) -> None:
    """
    Give a bonus more budget, once for the dialog that was opened, and keep why.

    :raises payments.OfferEnded: it is over.   :raises OfferChanged: somebody raised it in the same moment.
    :raises AlreadyDone: pressed twice.
    """
    with transaction.atomic(durable=True):
        take_once(f"offer.{offer.pk}.{key}")
        row = payments.raise_offer_budget(offer=offer, credits=credits, at=at)
        note(row=row, by=by, reason=f"예산을 {credits:,}크레딧 늘렸어요 · {reason}", at=at)


def ask_transfer(*, refund: Refund, by: User, reason: str, at: datetime) -> BankTransfer:
    """
    Put a bank transfer before a second operator.

    :raises GatewaySilent: the gateway's book could not be read.   :raises DomainError: what `payments.ask_transfer` raises.
    """
    try:
        return payments.ask_transfer(refund=refund, by=by, reason=reason, at=at)
    except GatewayError as silence:
        raise GatewaySilent from silence


def start_transfer(*, transfer: BankTransfer, by: User, at: datetime) -> BankTransfer:
    """
    Let one operator go to the bank.

    :raises GatewaySilent: the gateway's book could not be read.   :raises DomainError: what `payments.start_transfer` raises.
    """
    try:
        return payments.start_transfer(transfer=transfer, by=by, at=at)
    except GatewayError as silence:
        raise GatewaySilent from silence


def lift_restriction(*, advertiser: Advertiser, by: User, reason: str, at: datetime) -> None:
    """
    Open a restricted account again, and keep why.

    :raises payments.ClaimOpen: the house still has a claim.   :raises AlreadyDone: nothing restricts it (any more).
    """
    if not payments.lift_restriction(advertiser=advertiser, at=at):
        raise AlreadyDone
    with transaction.atomic(durable=True):
        note(row=advertiser, by=by, reason=f"제한을 풀었어요 · {reason}", at=at)


def approve(*, request: ApprovalRequest, by: User, at: datetime) -> None:
    """
    Give the second yes and carry out what waited for it, in one commit.

    :raises approvals.MakerIsChecker: `by` made the request.   :raises approvals.AlreadyDecided: it is not waiting any more.
    :raises limits.AboveYourLimit: the amount is more than the roles of `by` may decide about.
    """
    limits.refuse_above(limits.amount_of(request), by=by, at=at)
    if request.kind == "payments.refund":
        refuse_when_decided(request)
        done = payments.approve_refund(refund=_refund_of(request), by=by, at=at)
        if isinstance(done, ApprovalRequest) or not is_of_this_press(done, by=by, at=at):
            raise approvals.AlreadyDecided
        return
    if request.kind == "payments.bank_transfer":
        refuse_when_decided(request)
        payments.approve_transfer(transfer=_transfer_of(request), by=by, at=at)
        return
    if request.kind in payments.MONEY_KINDS:
        payments.carry_out_second(request=request, by=by, at=at)
        return
    if request.kind in payments.MANUAL_KINDS:
        payments.carry_out(request=request, by=by, at=at)
        return
    with transaction.atomic(durable=True):
        approvals.approve(request_id=request.pk, by=by, at=at)


def refuse(*, request: ApprovalRequest, by: User, reason: str, at: datetime) -> None:
    """
    Say no, and end what waited for the second yes. Two commits: the no stands first, and with it nobody can give the second yes.

    :raises approvals.AlreadyDecided: it is not waiting any more.
    """
    with transaction.atomic(durable=True):
        approvals.refuse(request_id=request.pk, by=by, reason=reason, at=at)
    if request.kind == "payments.refund":
        payments.deny_refund(refund=_refund_of(request), by=by, reason=reason, at=at)
    if request.kind == "payments.bank_transfer":
        payments.call_off_transfer(transfer=_transfer_of(request), by=by, reason=reason, at=at)


def is_of_this_press(outcome: Refund | ApprovalRequest, *, by: User, at: datetime) -> bool:
    """Whether this press did it; another one may have come first, and pressing again repeats nothing."""
    if isinstance(outcome, ApprovalRequest):
        return (outcome.made_by_id, outcome.made_at) == (by.pk, at)
    return (outcome.decided_by_id, outcome.decided_at) == (by.pk, at)


def refuse_when_decided(request: ApprovalRequest) -> None:
    """:raises approvals.AlreadyDecided: it is not waiting any more."""
    request.refresh_from_db(fields=["state"])
    if not request.is_waiting:
        raise approvals.AlreadyDecided


def _refund_of(request: ApprovalRequest) -> Refund:
    return Refund.objects.select_related("order__advertiser").get(public_id=request.subject.partition(":")[2])


def _transfer_of(request: ApprovalRequest) -> BankTransfer:
    return BankTransfer.objects.select_related("refund__order__advertiser").get(public_id=request.data["transfer"])


def dismiss_alert(*, public_id: UUID, by: User, at: datetime) -> bool:
    """Take an operators' alert off everybody's list; False when somebody did so before."""
    with transaction.atomic(durable=True):
        dismissed = notifications.dismiss_alert(public_id=public_id, at=at)
        if dismissed:
            note(row=Notification.objects.get(public_id=public_id), by=by, reason="알림을 처리했어요", at=at)
    return dismissed


def retry_document(*, public_id: UUID, by: User, reason: str, at: datetime) -> TaxDocument:
    """
    Issue a failed tax document again and keep why.

    :raises payments.DocumentNotFailed: it did not fail, or somebody was first.   :raises TaxDocument.DoesNotExist: there is none.
    """
    row = payments.retry_document(public_id=public_id, by=by, at=at)
    with transaction.atomic(durable=True):
        note(row=row, by=by, reason=f"다시 발행했어요 · {reason}", at=at)
    return row


def ask_for_reconciliation(*, by: User, at: datetime) -> list[Effect]:
    """
    Ask for a comparison of the last days with every payment company; the relay carries it out.

    :raises StillRunning: one is on its way.
    """
    with transaction.atomic(durable=True):
        _refuse_a_second("payments.reconcile")
        asked = [
            effects.add("payments.reconcile", key=f"reconcile:{name}:{by.pk}:{at.isoformat()}", at=at, gateway=name, days=RECONCILED_DAYS)
            for name in settings.PAYMENT_GATEWAYS
        ]
        for effect in asked:
            note(row=effect, by=by, reason="대사를 시작했어요", at=at, flag=ADDITION)
        return asked


def ask_for_proof(*, by: User, at: datetime) -> Effect:
    """
    Ask for a run of the proof; the relay carries it out.

    :raises StillRunning: one is on its way.
    """
    with transaction.atomic(durable=True):
        _refuse_a_second("credits.proof")
        effect = effects.add("credits.proof", key=f"proof:{by.pk}:{at.isoformat()}", at=at, asked_by=by.pk)
        note(row=effect, by=by, reason="원장 증명을 시작했어요", at=at, flag=ADDITION)
        return effect


def _refuse_a_second(kind: str) -> None:
    take_turn(kind)
    if Effect.objects.filter(kind=kind, state__in=(Effect.State.NEW, Effect.State.SENT)).exists():
        raise StillRunning


def prepare_raffle(*, wanted: RaffleWanted, by: User, at: datetime) -> Raffle:
    """Write a raffle down as a draft, with who prepared it. Owns the transaction."""
    with transaction.atomic(durable=True):
        raffle = raffles.prepare(at=at, by=by, prizes=wanted.prizes, **wanted.model_dump(exclude={"prizes"}))
        note(row=raffle, by=by, reason="래플 준비", at=at, flag=ADDITION)
        return raffle


def fund_raffle(*, raffle: Raffle, by: User, at: datetime) -> Raffle:
    """
    Confirm the money of the prizes as a second person.

    :raises FunderIsMaker, RaffleMoved: nothing was written.   :raises AlreadyDone: somebody was first.
    """
    with transaction.atomic(durable=True):
        take_turn(f"raffle.{raffle.pk}")
        if Raffle.objects.filter(pk=raffle.pk, state=RaffleState.FUNDED).exists():
            raise AlreadyDone
        funded = raffles.fund(raffle=raffle, by=by, at=at)
        note(row=funded, by=by, reason=f"경품 금액 {funded.funded_krw:,}원 확인", at=at)
        return funded


def void_raffle(*, raffle: Raffle, by: User, reason: str, at: datetime) -> Raffle:
    """
    End a raffle without a draw, with a public reason.

    :raises RaffleMoved: it was drawn, or is void already.
    """
    with transaction.atomic(durable=True):
        ended = raffles.void(raffle=raffle, reason=reason, at=at, by=by)
        note(row=ended, by=by, reason=reason, at=at)
        return ended


def deliver_prize(*, raffle: Raffle, place: int, by: User, reason: str, at: datetime) -> RaffleWinner:
    """
    Write down that a claimed prize has reached its winner. reason: how, e.g. the number of a parcel.

    :raises RaffleMoved: nobody claimed it.   :raises TaxUnpaid: its tax has not arrived.   :raises AlreadyDone: somebody was first.
    """
    with transaction.atomic(durable=True):
        take_turn(f"raffle.{raffle.pk}")
        if RaffleWinner.objects.filter(raffle=raffle, place=place, state=RaffleWinner.State.DELIVERED).exists():
            raise AlreadyDone
        winner = raffles.deliver(raffle=raffle, place=place, at=at)
        note(row=winner, by=by, reason=reason, at=at)
        return winner


def record_tax_payment(*, tax: PrizeTax, paid_on: date, reference: str, by: User, at: datetime) -> PrizeTax:
    """
    Confirm that the tax of a prize has come.

    :raises TaxMoved, PaidInTheFuture: nothing was written.   :raises AlreadyDone: somebody was first.
    """
    with transaction.atomic(durable=True):
        take_turn(f"prize_tax.{tax.pk}")
        if PrizeTax.objects.filter(pk=tax.pk, state=TaxState.PAID).exists():
            raise AlreadyDone
        paid = prize_tax.record_payment(tax=tax, paid_on=paid_on, reference=reference, by=by, at=at)
        note(row=paid, by=by, reason=f"제세공과금 {paid.tax_krw:,}원 입금 확인: {reference}", at=at)
        return paid


def forfeit_prize(*, tax: PrizeTax, by: User, reason: str, at: datetime) -> RaffleWinner:
    """
    Let a prize whose tax did not come in time go to the next in reserve.

    :raises TaxMoved: it was paid, or its time is not over.
    """
    with transaction.atomic(durable=True):
        winner = raffles.forfeit(tax=tax, at=at)
        note(row=tax, by=by, reason=reason, at=at)
        return winner


def tax_statement(*, year: int, by: User, reason: str, at: datetime) -> bytes:
    """Names and numbers of who paid prize tax in a year, for the tax office; every one of them is a line of the access log."""
    with transaction.atomic(durable=True):
        sheet = reading.statement(year=year, by=by, at=at)
        for tax in PrizeTax.objects.filter(paid_on__year=year):
            note(row=tax, by=by, reason=reason, at=at)
        return sheet
