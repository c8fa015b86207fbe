"""Telling people."""

import uuid

import pytest
from django.core import mail
from django.db import transaction

from advertisers import events
from advertisers.models import Membership
from advertisers.notifications import tell_team
from common import effects, handlers, messaging
from common.models import Effect
from identity import notifications
from identity.models import Notification, User
from tests.factories import MembershipFactory

handlers.load()
TOLD = {"kind": "payments.receipt", "title": "충전이 끝났어요", "body": "10,000크레딧을 충전했어요.", "url": "/my-page/credit/"}


def tell(user, at, **changes):
    with transaction.atomic():
        return notifications.notify(user=user, at=at, **{**TOLD, "key": "order:1:paid", **changes})


class TestNotify:
    def test_writes_the_notice_and_a_mail_effect_with_ids_only(self, minji_user, at):
        notice = tell(minji_user, at)
        assert (notice.title, notice.read_at, notice.in_app, notice.created_at) == ("충전이 끝났어요", None, True, at)
        effect = Effect.objects.get()
        assert (effect.kind, effect.ids) == ("identity.mail", {"notification": notice.pk})

    def test_the_same_key_twice_is_one_notice_and_one_mail(self, minji_user, at):
        assert tell(minji_user, at).pk == tell(minji_user, at).pk
        assert (Notification.objects.count(), Effect.objects.count()) == (1, 1)

    def test_the_same_key_reaches_two_people(self, minji_user, eve_user, at):
        assert tell(minji_user, at).pk != tell(eve_user, at).pk

    def test_is_undone_with_its_cause(self, minji_user, at):
        def told_and_failed() -> None:
            with transaction.atomic():
                notifications.notify(user=minji_user, at=at, key="k", **TOLD)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            told_and_failed()
        assert (Notification.objects.count(), Effect.objects.count()) == (0, 0)

    @pytest.mark.django_db(transaction=True)
    def test_refuses_to_run_outside_a_transaction(self, at):
        with pytest.raises(RuntimeError):
            notifications.notify(user=User(pk=1), at=at, key="k", **TOLD)
        with pytest.raises(RuntimeError):
            notifications.alert_operators(at=at, key="k", **TOLD)
        assert Notification.objects.count() == 0

    def test_mail_goes_out_once_with_link_and_company(self, minji_user, at, settings):
        notice = tell(minji_user, at)
        assert effects.run_due(at=at) == 1
        assert effects.run_due(at=at) == 0
        [message] = mail.outbox
        assert (message.to, message.subject) == (["minji@example.com"], "[부스트] 충전이 끝났어요")
        assert settings.PORTAL_ORIGINS["advertiser"] + "/my-page/credit/" in message.body
        assert settings.COMPANY["name"] in message.body
        assert message.extra_headers["Message-ID"] == f"<{notice.public_id}.mail@boost.example>"
        assert Effect.objects.get().state == Effect.State.DONE

    def test_escapes_what_people_wrote_in_the_html_only(self, minji_user, at):
        tell(minji_user, at, body="<b>커피 & 빵</b>")
        effects.run_due(at=at)
        html = mail.outbox[0].alternatives[0].content
        assert "&lt;b&gt;커피 &amp; 빵&lt;/b&gt;" in html
        assert "<b>커피 & 빵</b>" in mail.outbox[0].body

    def test_a_title_with_a_line_break_cannot_add_headers(self, minji_user, at):
        tell(minji_user, at, title="안내\nBcc: eve@example.com")
        effects.run_due(at=at)
        assert mail.outbox[0].subject == "[부스트] 안내 Bcc: eve@example.com"
        assert mail.outbox[0].recipients() == ["minji@example.com"]

    def test_somebody_without_an_address_gets_the_row_only(self, suji, at):
        tell(suji.user, at)
        assert (Notification.objects.count(), Effect.objects.count()) == (1, 0)

    def test_sms_reaches_the_channel_with_the_number_and_no_log_has_it(self, suji, at, settings, caplog):
        settings.SMS_CHANNEL = "common.messaging.LogOnlySms"
        tell(suji.user, at, channels=("sms",))
        assert Notification.objects.get().in_app is False
        effects.run_due(at=at)
        assert Effect.objects.get(kind="identity.sms").state == Effect.State.DONE
        assert "821000000001" not in caplog.text
        assert "충전" not in caplog.text

    def test_a_mail_server_that_refuses_is_tried_again_and_a_silent_one_too(self, minji_user, at, monkeypatch):
        answers = [ConnectionRefusedError(), TimeoutError(), None]

        def send(self, *args, **kwargs):
            if (answer := answers.pop(0)) is not None:
                raise answer
            return 1

        monkeypatch.setattr(messaging.EmailMultiAlternatives, "send", send)
        tell(minji_user, at)
        states = []
        for _ in range(3):
            effects.work(Effect.objects.get().pk, at=Effect.objects.get().due_at)
            states.append(Effect.objects.get().state)
        assert states == ["NEW", "UNKNOWN", "DONE"]

    def test_a_notice_that_is_gone_closes_its_effect(self, minji_user, at):
        tell(minji_user, at)
        Notification.objects.all().delete()
        effects.run_due(at=at)
        assert (Effect.objects.get().state, len(mail.outbox)) == (Effect.State.FAILED, 0)


class TestTellTeam:
    def test_reaches_active_people_with_the_role_of_the_event(self, minji, minji_user, jisoo, eve_user, at):
        MembershipFactory(advertiser=minji, role=Membership.Role.FINANCE, is_active=False)
        finance = MembershipFactory(advertiser=minji, role=Membership.Role.FINANCE).user
        with transaction.atomic():
            tell_team(events.RESTRICTION_LIFTED, advertiser=minji, key="lifted", at=at)
        assert list(Notification.objects.order_by("user_id").values_list("user_id", flat=True)) == sorted([minji_user.pk, finance.pk])


class TestAlertOperators:
    def test_is_one_row_for_all_and_one_mail_to_the_mailbox(self, operator, finance, at, settings):
        for _ in range(2):
            with transaction.atomic():
                notifications.alert_operators(kind="payments.mismatch", title="금액이 달라요", body="주문을 확인해 주세요.", key="x", at=at)
        assert Notification.objects.for_operators().count() == 1
        effects.run_due(at=at)
        assert [m.to for m in mail.outbox] == [[settings.OPERATOR_ALERT_EMAIL]]

    def test_is_dealt_with_once(self, at, db):
        with transaction.atomic():
            alert = notifications.alert_operators(kind="x.y", title="제목", body="내용", key="x", at=at)
        assert notifications.dismiss_alert(public_id=alert.public_id, at=at) is True
        assert notifications.dismiss_alert(public_id=alert.public_id, at=at) is False
        assert notifications.dismiss_alert(public_id=uuid.uuid4(), at=at) is False
        assert Notification.objects.for_operators().unread().count() == 0


class TestReading:
    def test_keeps_the_first_moment(self, minji_user, at):
        notice = tell(minji_user, at)
        notifications.mark_read(user=minji_user, public_id=notice.public_id, at=at)
        notifications.mark_read(user=minji_user, public_id=notice.public_id, at=at.replace(hour=9))
        assert Notification.objects.get().read_at == at

    def test_is_for_the_owner_only(self, minji_user, eve_user, at):
        notice = tell(minji_user, at)
        assert notifications.mark_read(user=eve_user, public_id=notice.public_id, at=at) is None
        assert notifications.mark_all_read(user=eve_user, at=at) == 0
        assert notifications.unread_count(minji_user) == 1
