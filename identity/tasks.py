"""Effects of identity: what leaves the house by mail, SMS and Slack. And the clock: consents that are two years old."""

from datetime import datetime, timedelta
from typing import Any

from celery import shared_task
from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from common import clock, effects, messaging, slack, solapi
from common.effects import Outcome, Result
from common.models import Effect
from common.portals import BACKOFFICE
from common.provider import GatewayError
from identity import advertising, consents, mail_links, notifications, phone_codes, retention, sms_reports, withdrawal
from identity.backends import PORTAL_OF_KIND
from identity.models import (
    Channel,
    ContactChange,
    IdentityCheck,
    MailLink,
    Notification,
    PhoneCode,
    SmsMessage,
    StepUpGrant,
    User,
    WithdrawnPerson,
)


class _Notice:
    """
    What both channels share. A mail server and an SMS log cannot be asked whether they took a message, and a doubled notice does
    less harm than a lost one: after a crash or a silence the same message goes out again under the same reference.
    """

    channel: Channel

    def send(self, effect: Effect) -> Outcome:
        notice = Notification.objects.select_related("user").filter(pk=effect.ids["notification"]).first()
        if notice is None:
            return Outcome(Result.FAILED, detail="the notice is gone")
        return advertising.held(notice, self.channel, at=timezone.now()) or self.deliver(notice)

    def ask(self, effect: Effect) -> Outcome:
        return self.send(effect)

    def record(self, effect: Effect, outcome: Outcome, *, at: datetime) -> None:
        """Nothing of ours depends on the delivery."""

    def deliver(self, notice: Notification) -> Outcome:
        raise TypeError("each channel says how it delivers")


@effects.handler("identity.mail")
class NoticeByMail(_Notice):
    """One mail to the person, or to the operators' mailbox."""

    channel = Channel.MAIL

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
    """One SMS to the person's phone, or an AlimTalk where Kakao approved the words; who has no KakaoTalk gets the SMS."""

    channel = Channel.SMS

    def deliver(self, notice: Notification) -> Outcome:
        if notice.user is None or not notice.user.phone:
            return Outcome(Result.FAILED, detail="no number")
        text = render_to_string("identity/sms/notice.txt", _context(notice)).strip()
        approved = "" if advertising.is_advertising(notice) else notice.alimtalk_id  # Kakao takes no advertising this way
        alimtalk = messaging.AlimTalk(approved, notice.facts) if approved else None
        messaging.sms_channel().send(to=notice.user.phone, text=text, ref=f"{notice.public_id}.sms", alimtalk=alimtalk)
        return Outcome(Result.DONE)

    def ask(self, effect: Effect) -> Outcome:
        """The SMS supplier keeps a list: what it has is not sent again."""
        notice = Notification.objects.select_related("user").filter(pk=effect.ids["notification"]).first()
        phone = notice.user.phone if notice and notice.user else ""
        if notice and phone and messaging.sms_channel().was_taken(to=phone, ref=f"{notice.public_id}.sms"):
            return Outcome(Result.DONE)
        return self.send(effect)

    def record(self, effect: Effect, outcome: Outcome, *, at: datetime) -> None:
        """What becomes of it, the supplier says later."""
        notice = Notification.objects.filter(pk=effect.ids["notification"]).first()
        if notice is not None and outcome.result is Result.DONE:
            sms_reports.sent(ref=f"{notice.public_id}.sms", notification=notice, at=at)


@effects.handler("identity.slack")
class AlertInSlack:
    """
    One operators' alert in their Slack channel. Slack cannot be asked whether it took a message, and a doubled alert does less harm than a
    lost one. While Slack is away it waits, for a day; what Slack refuses is parked for a person.
    """

    PAUSE, WAITS_FOR = timedelta(minutes=5), timedelta(days=1)

    def send(self, effect: Effect) -> Outcome:
        notice = Notification.objects.filter(pk=effect.ids["notification"]).first()
        if notice is None or not slack.is_connected():
            return Outcome(Result.FAILED, detail="nothing to tell, or nowhere")
        try:
            slack.send(title=notice.title, body=notice.body, link=_context(notice)["link"])
        except GatewayError as silence:
            is_away = not silence.known or silence.status in (0, slack.TOO_MANY)
            if not is_away or timezone.now() - effect.created_at > self.WAITS_FOR:
                raise
            return Outcome(Result.PENDING, detail=silence.code, after=self.PAUSE)
        return Outcome(Result.DONE)

    def ask(self, effect: Effect) -> Outcome:
        return self.send(effect)

    def record(self, effect: Effect, outcome: Outcome, *, at: datetime) -> None:
        """Nothing of ours depends on it."""


@effects.handler("identity.sms_report")
class EndOfSms:
    """What became of one SMS: asked until the supplier says something final, for a day at most. Asking twice does no harm."""

    def send(self, effect: Effect) -> Outcome:
        row = SmsMessage.objects.select_related("code", "notification__user").filter(pk=effect.ids["sms"]).first()
        if row is None or not row.phone:
            return Outcome(Result.DONE, detail="nobody to ask about")
        code = messaging.sms_channel().status_of(to=row.phone, ref=row.ref, sent_at=row.sent_at)
        if sms_reports.is_final(code):
            return Outcome(Result.DONE, detail=code, data={"code": code})
        if clock.real_now() - row.sent_at > sms_reports.LOOK_FOR:
            return Outcome(Result.FAILED, detail="no final word within a day")
        return Outcome(Result.PENDING, detail=code)

    def ask(self, effect: Effect) -> Outcome:
        return self.send(effect)

    def record(self, effect: Effect, outcome: Outcome, *, at: datetime) -> None:
        if code := outcome.data.get("code"):
            sms_reports.close(message=effect.ids["sms"], status_code=code, at=at)


@effects.handler("identity.phone_code")
class CodeBySms:
    """
    One code to one number. The digits are made here, at the last moment, and stand in no row.

    After a silence the supplier is asked; when it has nothing, new digits go out and the earlier ones are worth nothing.
    """

    def send(self, effect: Effect) -> Outcome:
        code = PhoneCode.objects.get(pk=effect.ids["code"])
        if code.expires_at <= timezone.now():
            return Outcome(Result.FAILED, detail="expired before it was sent")
        digits = phone_codes.make(code)  # made in any case: a guess must be answered alike
        if not phone_codes.may_be_sent(code):
            return Outcome(Result.DONE, detail="not needed")
        text = render_to_string("identity/sms/code.txt", {"digits": digits, "portal": code.portal}).strip()
        messaging.sms_channel().send(to=code.phone, text=text, ref=sms_reports.ref_of(code))
        return Outcome(Result.DONE, data={"ref": sms_reports.ref_of(code)})

    def ask(self, effect: Effect) -> Outcome:
        code = PhoneCode.objects.get(pk=effect.ids["code"])
        ref = sms_reports.ref_of(code)
        if code.code_hash and messaging.sms_channel().was_taken(to=code.phone, ref=ref):
            return Outcome(Result.DONE, data={"ref": ref})
        return self.send(effect)

    def record(self, effect: Effect, outcome: Outcome, *, at: datetime) -> None:
        """The page that waits for the code tells people when it does not come."""
        delivery = PhoneCode.Delivery.SENT if outcome.result is Result.DONE else PhoneCode.Delivery.TROUBLE
        PhoneCode.objects.filter(pk=effect.ids["code"]).update(delivery=delivery)
        if ref := outcome.data.get("ref"):
            sms_reports.sent(ref=ref, code=PhoneCode.objects.get(pk=effect.ids["code"]), at=at)
        if outcome.detail in solapi.OUT_OF_MONEY:
            notifications.alert_operators(
                kind="identity.sms_balance",
                title="문자 잔액이 없어요",
                body="솔라피 잔액이 모자라 문자를 보내지 못하고 있어요. 잔액을 충전해 주세요.",
                key=f"sms-balance:{at:%Y%m%d%H}",
                at=at,
            )


@effects.handler("identity.mail_link")
class LinkByMail:
    """
    One mail with a link. Nobody has the address: nothing is sent, and nobody learns of it. The address belongs to somebody else than who
    wants to confirm it: its owner is told, without a link.
    """

    def send(self, effect: Effect) -> Outcome:
        link = MailLink.objects.select_related("user").get(pk=effect.ids["link"])
        link.user = mail_links.recipient_of(link)
        if link.user is None:
            return Outcome(Result.DONE, detail="not needed")
        if link.expires_at <= timezone.now():
            return Outcome(Result.FAILED, detail="expired before it was sent")
        is_taken = link.purpose == MailLink.Purpose.CONFIRM and mail_links.is_taken(link)
        context = {"link": link, "is_taken": is_taken, "url": "" if is_taken else mail_links.url_of(link), "company": settings.COMPANY}
        messaging.send_mail(
            to=link.email,
            subject=" ".join(render_to_string("identity/mail/link_subject.txt", context).split()),
            text=render_to_string("identity/mail/link.txt", context),
            html=render_to_string("identity/mail/link.html", context),
            ref=f"{link.public_id}.link",
        )
        return Outcome(Result.DONE)

    def ask(self, effect: Effect) -> Outcome:
        """A mail server cannot be asked: another mail with a new token, and the earlier one's is worth nothing."""
        return self.send(effect)

    def record(self, effect: Effect, outcome: Outcome, *, at: datetime) -> None:
        """Nothing of ours depends on the delivery."""


@effects.handler("identity.old_contact")
class WordToTheOldContact:
    """One message to a number or an address that was replaced."""

    def send(self, effect: Effect) -> Outcome:
        change = ContactChange.objects.filter(pk=effect.ids["change"]).first()
        if change is None:
            return Outcome(Result.FAILED, detail="not kept any more")
        context = {"company": settings.COMPANY}
        if change.what == ContactChange.What.PHONE:
            text = render_to_string("identity/sms/old_contact.txt", context).strip()
            messaging.sms_channel().send(to=change.old, text=text, ref=f"{change.public_id}.old")
        else:
            messaging.send_mail(
                to=change.old,
                subject="[부스트] 이메일을 바꿨어요",
                text=render_to_string("identity/mail/old_contact.txt", context),
                html=render_to_string("identity/mail/old_contact.html", context),
                ref=f"{change.public_id}.old",
            )
        return Outcome(Result.DONE)

    def ask(self, effect: Effect) -> Outcome:
        """The SMS supplier keeps a list; a mail goes out again under the same reference."""
        change = ContactChange.objects.filter(pk=effect.ids["change"], what=ContactChange.What.PHONE).first()
        if change is not None and messaging.sms_channel().was_taken(to=change.old, ref=f"{change.public_id}.old"):
            return Outcome(Result.DONE)
        return self.send(effect)

    def record(self, effect: Effect, outcome: Outcome, *, at: datetime) -> None:
        """Nothing of ours depends on the delivery."""


def _context(notice: Notification) -> dict[str, Any]:
    portal = PORTAL_OF_KIND[User.Kind(notice.user.kind)] if notice.user else BACKOFFICE
    link = f"{settings.PORTAL_ORIGINS[portal]}{notice.url}" if notice.url else ""
    return {"notice": notice, "link": link, "company": settings.COMPANY, **advertising.marks(notice)}


@shared_task(name="identity.purge")
def purge() -> dict[str, int]:
    """Destroy personal data whose time is over, rule by rule."""
    return retention.purge(at=timezone.now())


@retention.rule(
    "identity.withdrawn", what="떠난 사람의 계약·결제 기록", why="전자상거래법 시행령 제6조: 5년 보관", keep_days=withdrawal.KEPT_FOR.days
)
def purge_withdrawn(until: datetime) -> int:
    """Those who left before the law's time."""
    return WithdrawnPerson.objects.filter(withdrawn_at__lte=until).delete()[0]


@retention.rule("identity.notices", what="알림", why="지난 안내를 다시 볼 수 있게 1년 보관", keep_days=365)
def purge_notices(until: datetime) -> int:
    """Notices that nobody looks up any more."""
    return Notification.objects.filter(created_at__lte=until).delete()[0]


@retention.rule("identity.phone_codes", what="인증번호 요청 기록", why="도용 신고 확인: 90일 보관", keep_days=90)
def purge_phone_codes(until: datetime) -> int:
    """Codes that were asked for long ago."""
    return PhoneCode.objects.filter(created_at__lte=until).delete()[0]


@retention.rule("identity.mail_links", what="메일 링크 요청 기록", why="도용 신고 확인: 90일 보관", keep_days=90)
def purge_mail_links(until: datetime) -> int:
    """Links that were asked for long ago."""
    return MailLink.objects.filter(created_at__lte=until).delete()[0]


@retention.rule("identity.contact_changes", what="바꾸기 전의 휴대전화와 이메일", why="도용 신고 확인: 90일 보관", keep_days=90)
def purge_contact_changes(until: datetime) -> int:
    """Contacts that were replaced long ago."""
    return ContactChange.objects.filter(at__lte=until).delete()[0]


@retention.rule("identity.identity_facts", what="쓰지 않은 본인확인 내용", why="가입을 이어서 할 수 있게 1일 보관", keep_days=1)
def purge_identity_facts(until: datetime) -> int:
    """Names and birth dates of checks that nobody took over; that there was a check stays written down."""
    return IdentityCheck.objects.filter(started_at__lte=until).exclude(facts="").update(facts="")


@retention.rule("identity.step_up_grants", what="다시 확인한 기록", why="도용 신고 확인: 90일 보관", keep_days=90)
def purge_step_up_grants(until: datetime) -> int:
    """Grants that ran out long ago."""
    return StepUpGrant.objects.filter(expires_at__lte=until).delete()[0]


retention.kept("identity.access_log", what="접속 기록", why="안전성 확보조치 기준 제8조: 2년 이상 보관, 지우지 않음", keep_days=730)


@shared_task(name="identity.recheck_consents")
def recheck_consents() -> None:
    """Who agreed to marketing two years ago is told that it stands, and how to take it back."""
    with transaction.atomic(durable=True):
        consents.recheck(at=timezone.now())
