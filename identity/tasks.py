"""Effects of identity: notices that leave the house by mail and SMS."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string

from common import effects, messaging
from common.effects import Outcome, Result
from common.models import Effect
from common.portals import BACKOFFICE
from identity.backends import PORTAL_OF_KIND
from identity.models import Notification, User


class _Notice:
    """
    What both channels share. A mail server and an SMS log cannot be asked whether they took a message, and a doubled notice does
    less harm than a lost one: after a crash or a silence the same message goes out again under the same reference.
    """

    def send(self, effect: Effect) -> Outcome:
        notice = Notification.objects.select_related("user").filter(pk=effect.ids["notification"]).first()
        if notice is None:
            return Outcome(Result.FAILED, detail="the notice is gone")
        return self.deliver(notice)

    def ask(self, effect: Effect) -> Outcome:
        return self.send(effect)

    def record(self, effect: Effect, outcome: Outcome, *, at: datetime) -> None:
        """Nothing of ours depends on the delivery."""

    def deliver(self, notice: Notification) -> Outcome:
        raise TypeError("each channel says how it delivers")


@effects.handler("identity.mail")
class NoticeByMail(_Notice):
    """One mail to the person, or to the operators' mailbox."""

    def deliver(self, notice: Notification) -> Outcome:
        to = notice.user.email if notice.user else settings.OPERATOR_ALERT_EMAIL
        if not to:
            return Outcome(Result.FAILED, detail="no address")
        context = _context(notice)
        messaging.send_mail(
            to=to,
            subject=" ".join(render_to_string("identity/mail/notice_subject.txt", context).split()),  # one line: no header can be added
            text=render_to_string("identity/mail/notice.txt", context),
            html=render_to_string("identity/mail/notice.html", context),
            ref=f"{notice.public_id}.mail",
        )
        return Outcome(Result.DONE)


@effects.handler("identity.sms")
class NoticeBySms(_Notice):
    """One SMS to the person's phone."""

    def deliver(self, notice: Notification) -> Outcome:
        if notice.user is None or not notice.user.phone:
            return Outcome(Result.FAILED, detail="no number")
        text = render_to_string("identity/sms/notice.txt", _context(notice)).strip()
        messaging.sms_channel().send(to=notice.user.phone, text=text, ref=f"{notice.public_id}.sms")
        return Outcome(Result.DONE)


def _context(notice: Notification) -> dict[str, Any]:
    portal = PORTAL_OF_KIND[User.Kind(notice.user.kind)] if notice.user else BACKOFFICE
    link = f"{settings.PORTAL_ORIGINS[portal]}{notice.url}" if notice.url else ""
    return {"notice": notice, "link": link, "company": settings.COMPANY}
