"""
Sending one part of a message: each device is looked at, claimed and called on its own, with nothing locked while the company is called.

Claimed is not sent twice: what was claimed and never came back is UNKNOWN and stays so, because the company cannot be asked what became of
it, and a phone that rings twice is worse than one that stays silent; the notice stands in the app as well.
"""

from datetime import datetime, timedelta
from time import monotonic

from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from common import effects
from common.effects import Outcome, Result
from common.provider import GatewayError
from identity import devices as signed_in
from identity import notifications
from rewards.models import Device, Member, PushDelivery, PushMessage
from rewards.models.push import DeliveryState, PushState
from rewards.push import rules
from rewards.push.fcm import Fcm, FcmRefused, Note, Refusal

BUDGET_SECONDS = 45  # one worker's turn; well within its lease
STALLED = effects.LEASE
MOST_TRIES = 5
NO_TIME = timedelta(milliseconds=1)
KEPT = timedelta(days=183)
GONE, NO_DEVICE, SIGNED_OUT, TIRED = "없어진 기기", "기기 없음", "로그아웃한 기기", "여러 번 실패"
STOPPED, SILENCE = "멈춘 푸시", "답이 없음"
_WORDS = {Refusal.GONE: GONE, Refusal.BUSY: TIRED, Refusal.BAD_MESSAGE: "잘못된 내용", Refusal.APPLE_KEY: "애플 인증 오류"}


def send_part(*, message_id: int, part: int) -> Outcome:
    """
    Send what may go now; the rest waits for its time or for the next turn.

    :raises GatewayError: our own access fails, or nobody answers at all: the effect counts that, and parks at last.
    """
    message, began, pauses = PushMessage.objects.get(pk=message_id), monotonic(), []
    rows = PushDelivery.objects.filter(message=message, part=part)
    rows.filter(state=DeliveryState.SENT, sent_at__lte=timezone.now() - STALLED).update(state=DeliveryState.UNKNOWN, why=SILENCE)
    fcm = Fcm()
    for delivery in rows.filter(state=DeliveryState.WAITING).order_by("pk"):
        if monotonic() - began > BUDGET_SECONDS:
            return Outcome(Result.PENDING, detail="goes on", after=NO_TIME)
        try:
            wait = _deliver(fcm, message, delivery)
        except FcmRefused as refused:
            if refused.refusal is not Refusal.BUSY:
                raise
            pauses.append(refused.after)
            break  # it is busy for everybody
        if wait is not None:
            pauses.append(wait)
    if rows.filter(state=DeliveryState.SENT).exists():
        pauses.append(STALLED)
    return Outcome(Result.PENDING, detail="waits", after=max(NO_TIME, min(pauses))) if pauses else Outcome(Result.DONE)


def _deliver(fcm: Fcm, message: PushMessage, delivery: PushDelivery) -> timedelta | None:
    """One device. How long it has to wait for its time; None when it has its end."""
    at, device = timezone.now(), Device.objects.filter(pk=delivery.device_id).first()
    if device is None:
        _drop(delivery, NO_DEVICE)
        return None
    member = Member.objects.select_related("user").get(pk=delivery.member_id)
    if device.sign_in and not signed_in.is_signed_in(member.user, device.sign_in):
        _drop(delivery, SIGNED_OUT)
        Device.objects.filter(pk=device.pk, sign_in=device.sign_in).delete()
        return None
    verdict = rules.verdict(message, member, at=at)
    if verdict.wait_until is not None:
        return verdict.wait_until - at
    if verdict.drop or not _claimed(delivery, at=at):
        _drop(delivery, verdict.drop or STOPPED)
        return None
    try:
        ref = fcm.send(token=device.token, note=_note(message, verdict))
    except FcmRefused as refused:
        _refused(message, delivery, device, refused, at=at)
    except GatewayError as silence:
        if silence.known:  # nobody was there to take it
            _end(delivery, DeliveryState.WAITING)
            raise
        _end(delivery, DeliveryState.UNKNOWN, why=SILENCE)
    else:
        _end(delivery, DeliveryState.DONE, ref=ref)
    return None


def _note(message: PushMessage, verdict: rules.Verdict) -> Note:
    number = str(message.public_id)
    return Note(
        title=message.title, body=message.body, ref=number, ttl_seconds=verdict.ttl_seconds, data={"url": message.url, "message": number}
    )


def _claimed(delivery: PushDelivery, *, at: datetime) -> bool:
    """
    The write is the check: nobody else has it, and nobody stopped the message. A join would hide the state in a subquery, which looks at
    what stood there before somebody else's claim.
    """
    goes_out = PushMessage.objects.filter(pk=OuterRef("message"), state=PushState.SENDING)
    mine = PushDelivery.objects.filter(Exists(goes_out), pk=delivery.pk, state=DeliveryState.WAITING)
    return mine.update(state=DeliveryState.SENT, sent_at=at, tries=F("tries") + 1) == 1


def _drop(delivery: PushDelivery, why: str) -> None:
    """It is never called; one that somebody else has claimed meanwhile is theirs."""
    PushDelivery.objects.filter(pk=delivery.pk, state=DeliveryState.WAITING).update(state=DeliveryState.DROPPED, why=why)


def _end(delivery: PushDelivery, state: DeliveryState, *, why: str = "", ref: str = "") -> None:
    """What the call taught us. One that was given up meanwhile as silent may still learn how it went."""
    claimed = PushDelivery.objects.filter(pk=delivery.pk, state__in=(DeliveryState.SENT, DeliveryState.UNKNOWN))
    claimed.update(state=state, why=why, ref=ref)


def _refused(message: PushMessage, delivery: PushDelivery, device: Device, refused: FcmRefused, *, at: datetime) -> None:
    """
    It certainly did not go out.

    :raises FcmRefused: nothing more goes out for a while, or our access fails.
    """
    if refused.refusal is Refusal.NO_ACCESS or (refused.refusal is Refusal.BUSY and delivery.tries + 1 < MOST_TRIES):
        _end(delivery, DeliveryState.WAITING)
        raise refused
    why = _WORDS[refused.refusal]
    _end(delivery, DeliveryState.REFUSED, why=why)
    if refused.refusal is Refusal.GONE:
        Device.objects.filter(pk=device.pk, token=device.token).delete()  # unless it has told us a new one meanwhile
    elif refused.refusal is not Refusal.BUSY:
        _alert(message, why, at=at)


def _alert(message: PushMessage, why: str, *, at: datetime) -> None:
    with transaction.atomic(durable=True):
        notifications.alert_operators(
            kind="rewards.push_refused", title="푸시를 보내지 못해요",
            body=f"발송 회사가 받지 않았어요: {why}. 푸시 번호는 {message.public_id}예요.", url="/backoffice/",
            key=f"push:{why}:{at:%Y-%m-%dT%H}", at=at,
        )  # fmt: skip


def finish(*, message_id: int, at: datetime) -> None:
    """The last part of it is done: so is the message. Joins the transaction that closes the part's effect."""
    message = PushMessage.objects.select_for_update(no_key=True).get(pk=message_id)
    is_open = PushDelivery.objects.filter(message=message, state__in=(DeliveryState.WAITING, DeliveryState.SENT)).exists()
    if message.state == PushState.SENDING and message.is_handed_out and not is_open:
        message.state, message.finished_at = PushState.DONE, at
        message.save(update_fields=["state", "finished_at"])


def forget(*, at: datetime) -> int:
    """Drop deliveries that the law no longer asks about; how many. Messages stay. Source: 전자상거래법 시행령 6①1: six months."""
    return PushDelivery.objects.filter(message__created_at__lt=at - KEPT, message__finished_at__isnull=False).delete()[0]
