"""Answers that leave the house by mail, and how long inquiries are kept."""

from datetime import datetime

from celery import shared_task
from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from common import effects, messaging, portals, uploads
from common.effects import Outcome, Result
from common.models import Effect
from common.provider import GatewayError
from identity import retention
from inquiries import guests, services
from inquiries.models import Attachment, Guide, GuideSnapshot, Inquiry, Message
from inquiries.notion import api, copies

LAST_READING = 4  # below the failures that park an effect: a copy says by itself that it could not be fetched


@effects.handler("inquiries.guest_answer")
class AnswerToGuest:
    """
    One answer to somebody without an account. A mail server cannot be asked whether it took a mail: after a silence it goes out again
    under the same Message-ID.
    """

    def send(self, effect: Effect) -> Outcome:
        said = Message.objects.select_related("inquiry__guest").filter(pk=effect.ids["message"]).first()
        if said is None:
            return Outcome(Result.FAILED, detail="the inquiry is gone")
        context = {
            "inquiry": said.inquiry,
            "guest": said.inquiry.guest,
            "answer": said.text,
            "thread_url": guests.link_of(said.inquiry, at=said.at),
            "days": guests.LINK_LIVES.days,
            "contact_url": portals.absolute(portals.ADVERTISER, "inquiries:contact"),
            "company": settings.COMPANY,
        }
        messaging.send_mail(
            to=said.inquiry.guest.mail_address,
            subject=f"[부스트] 문의에 답변을 드려요: {' '.join(said.inquiry.title.split())}",
            text=render_to_string("inquiries/mail/answer.txt", context),
            html=render_to_string("inquiries/mail/answer.html", context),
            ref=f"{said.public_id}.answer",
        )
        return Outcome(Result.DONE)

    def ask(self, effect: Effect) -> Outcome:
        return self.send(effect)

    def record(self, effect: Effect, outcome: Outcome, *, at: datetime) -> None:
        """Nothing of ours depends on the delivery."""


@effects.handler("inquiries.copy_guide")
class CopyOfGuide:
    """One reading of a page in Notion. Reading changes nothing there, so that after a silence it is simply read again."""

    def send(self, effect: Effect) -> Outcome:
        row = GuideSnapshot.objects.select_related("guide").get(pk=effect.ids["snapshot"])
        if row.state != GuideSnapshot.State.ASKED:
            return Outcome(Result.DONE, detail="read before")
        try:
            return Outcome(Result.DONE, data=copies.fetch(row.guide.notion_page))
        except GatewayError as refusal:
            if refusal.code in api.GONE or refusal.code == "TOO_LARGE" or effect.attempts >= LAST_READING:
                return Outcome(Result.FAILED, detail=refusal.code)
            raise

    def ask(self, effect: Effect) -> Outcome:
        return self.send(effect)

    def record(self, effect: Effect, outcome: Outcome, *, at: datetime) -> None:
        if outcome.data:
            copies.keep(snapshot=effect.ids["snapshot"], found=outcome.data)
        elif outcome.result is Result.FAILED:
            copies.fail(snapshot=effect.ids["snapshot"], detail=outcome.detail)


@effects.handler("inquiries.look_at_guide")
class LookAtGuide:
    """One look whether a page changed since it was copied. What cannot be seen today is looked at tomorrow."""

    def send(self, effect: Effect) -> Outcome:
        page_id = Guide.objects.values_list("notion_page", flat=True).get(pk=effect.ids["guide"])
        try:
            return Outcome(Result.DONE, data={"edited_at": api.Notion().page(page_id).edited_at})
        except GatewayError as refusal:
            return Outcome(Result.FAILED, detail=refusal.code)

    def ask(self, effect: Effect) -> Outcome:
        return self.send(effect)

    def record(self, effect: Effect, outcome: Outcome, *, at: datetime) -> None:
        if outcome.data:
            copies.changed(guide=effect.ids["guide"], edited_at=outcome.data["edited_at"], at=at)


@shared_task(name="inquiries.look_at_guides")
def look_at_guides() -> None:
    """Once a day, by the clock."""
    copies.plan_looks(at=timezone.now())


@shared_task(name="inquiries.end_answered")
def end_answered() -> int:
    """End what was answered a while ago and not asked about again; how many. Only what ended is forgotten in time."""
    return services.end_answered(at=timezone.now())


@retention.rule("inquiries.closed", what="끝난 문의", why="전자상거래법 시행령 제6조: 불만·분쟁 기록 3년 보관", keep_days=3 * 366)
def purge_closed(until: datetime) -> int:
    """Inquiries that ended long ago, with every word and file in them."""
    old = Inquiry.objects.unscoped().filter(closed_at__lte=until)
    files = list(Attachment.objects.filter(message__inquiry__in=old).values_list("file", flat=True))
    count = old.delete()[0]
    transaction.on_commit(lambda: uploads.remove(files))
    return count
