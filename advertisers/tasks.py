"""Effects of advertisers: the mail with an invitation. And the clock: the tax office, papers, and how long things are kept."""

from datetime import datetime, timedelta
from typing import Any

from celery import shared_task
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import timezone

from advertisers import papers, tax_office
from advertisers.models import BusinessPaper, Invitation, ReportRecipient, WebhookEndpoint, WebhookEvent
from advertisers.services import invitations, recipients
from advertisers.signup import services as signup
from advertisers.webhooks import queue
from common import effects, kst, messaging, portals
from common.effects import Outcome, Result
from common.models import Effect
from identity import retention


@effects.handler("advertisers.invitation")
class InvitationByMail:
    """
    One mail with the link of an invitation. The row of the queue carries a number; the link is derived here, so that neither queue nor
    log ever holds it. A mail server cannot be asked whether it took a mail: after a silence the same mail goes out again.
    """

    def send(self, effect: Effect) -> Outcome:
        row = Invitation.objects.select_related("advertiser", "invited_by").filter(pk=effect.ids["invitation"]).first()
        if row is None or row.state != Invitation.State.OPEN or row.sent_no != effect.ids["sent_no"]:
            return Outcome(Result.FAILED, detail="not offered any more")
        token = invitations.token_of(row)
        if invitations.hash_of(token) != row.token_hash:
            return Outcome(Result.FAILED, detail="the key has changed since")
        context = _context(row, token)
        messaging.send_mail(
            to=row.email,
            subject=" ".join(
                render_to_string("advertisers/mail/invitation_subject.txt", context).split()
            ),  # one line: no header can be added
            text=render_to_string("advertisers/mail/invitation.txt", context),
            html=render_to_string("advertisers/mail/invitation.html", context),
            ref=f"{row.public_id}.{row.sent_no}",
        )
        return Outcome(Result.DONE)

    def ask(self, effect: Effect) -> Outcome:
        return self.send(effect)

    def record(self, effect: Effect, outcome: Outcome, *, at: datetime) -> None:
        """Nothing of ours depends on the delivery."""


def _context(row: Invitation, token: str) -> dict[str, Any]:
    link = portals.absolute(portals.ADVERTISER, "advertisers:invitation", token=token)
    return {"invitation": row, "link": link, "company": settings.COMPANY}


@effects.handler("advertisers.recipient")
class RecipientByMail:
    """One mail that asks an address whether it wants reports. After a silence the same mail goes out again."""

    def send(self, effect: Effect) -> Outcome:
        row = ReportRecipient.objects.select_related("advertiser").filter(pk=effect.ids["recipient"]).first()
        if row is None or row.is_reading:
            return Outcome(Result.FAILED, detail="not to be asked any more")
        link = portals.absolute(portals.ADVERTISER, "advertisers:recipient", token=recipients.token_of(row))
        context = {"recipient": row, "link": link, "company": settings.COMPANY}
        messaging.send_mail(
            to=row.email,
            subject=" ".join(render_to_string("advertisers/mail/recipient_subject.txt", context).split()),
            text=render_to_string("advertisers/mail/recipient.txt", context),
            html=render_to_string("advertisers/mail/recipient.html", context),
            ref=f"{row.public_id}.{row.sent_no}",
        )
        return Outcome(Result.DONE)

    def ask(self, effect: Effect) -> Outcome:
        return self.send(effect)

    def record(self, effect: Effect, outcome: Outcome, *, at: datetime) -> None:
        """Nothing of ours depends on the delivery."""


@effects.handler(queue.KIND)
class TurnOfWebhooks:
    """
    One turn of an endpoint's queue. After a crash nobody knows what arrived: what still waits is sent again, under the same ids, by which
    receivers know it.
    """

    def send(self, effect: Effect) -> Outcome:
        endpoint = WebhookEndpoint.objects.get(pk=effect.ids["endpoint"])
        if effect.ids["turn"] != endpoint.turn:
            return Outcome(Result.FAILED, detail="another turn took over")
        made = list(queue.calls(endpoint, at=timezone.now()))
        return Outcome(Result.DONE, detail=made[-1]["word"] if made else "nothing waits", data={"made": made})

    def ask(self, effect: Effect) -> Outcome:
        return self.send(effect)

    def record(self, effect: Effect, outcome: Outcome, *, at: datetime) -> None:
        if outcome.result is Result.DONE:
            [endpoint] = queue.lock_all(WebhookEndpoint.objects.filter(pk=effect.ids["endpoint"]))
            queue.took_turn(endpoint, turn=effect.ids["turn"], made=outcome.data["made"], at=at)


@retention.rule("advertisers.webhooks", what="웹훅으로 알린 이벤트와 전송 기록", why="전송 확인과 다시 보내기: 30일 보관", keep_days=30)
def purge_webhooks(until: datetime) -> int:
    """Events that were told long ago, with their deliveries and attempts."""
    return WebhookEvent.objects.filter(at__lte=until).delete()[0]


@retention.rule("advertisers.invitations", what="팀 초대의 이메일 주소", why="초대 문의 확인: 끝난 뒤 90일 보관", keep_days=90)
def purge_invitations(until: datetime) -> int:
    """Invitations that were taken, taken back, or ran out long ago."""
    return Invitation.objects.filter(Q(closed_at__lte=until) | Q(expires_at__lte=until)).delete()[0]


@retention.rule("advertisers.unused_papers", what="쓰지 않는 사업자 서류", why="반려·교체·만료된 서류: 1년 보관", keep_days=366)
def purge_unused_papers(until: datetime) -> int:
    """Papers that no longer say anything about a business."""
    return papers.destroy(BusinessPaper.objects.filter(state__in=papers.UNUSED, uploaded_at__lte=until))


@retention.rule("advertisers.papers", what="끝난 사업자의 서류", why="전자상거래법 시행령 제6조: 계약 기록 5년 보관", keep_days=5 * 366)
def purge_papers(until: datetime) -> int:
    """Papers of accounts that were closed long ago."""
    return papers.destroy(BusinessPaper.objects.filter(business__advertiser__is_active=False, business__advertiser__renamed_at__lte=until))


@retention.rule(
    "advertisers.signup_drafts",
    what="끝내지 않은 가입의 답과 서류",
    why="이어서 가입할 수 있게 7일 보관",
    keep_days=7,
    counting=signup.count_abandoned,
)
def purge_signups(until: datetime) -> int:
    """Sign-ups that nobody went on with, with their files."""
    return signup.forget(until=until)


TAX_OFFICE_AGAIN = timedelta(days=30)


@shared_task(name="advertisers.tax_office")
def ask_the_tax_office() -> None:
    """The monthly look at every business, and the first one for those whom an outage let through."""
    at = timezone.now()
    tax_office.check_again(at=at, older_than=at - TAX_OFFICE_AGAIN)
    tax_office.confirm_again(at=at)


@shared_task(name="advertisers.papers")
def expire_papers() -> None:
    """Papers whose last day has passed count no longer."""
    with transaction.atomic(durable=True):
        papers.expire(on=kst.day_of(timezone.now()))
