"""What became of an SMS: the supplier's list is asked, its webhooks only say when, and what did not arrive falls back."""

import json
from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from common.models import Effect, InboundWebhook
from common.portals import ADVERTISER
from identity import notifications, phone_codes, sms_reports
from identity.models import Notification, PhoneCode, SmsMessage, User

DOOR = "/messages/webhooks/solapi/sandbox-webhook-token/"
State = SmsMessage.State


def code_to(outside, phone, *, browser="b" * 64):
    """A code that the supplier took."""
    code = phone_codes.ask(
        purpose=PhoneCode.Purpose.SIGN_UP, portal=ADVERTISER, phone=f"+82{phone[1:]}", browser=browser, address="a" * 64, at=timezone.now()
    )
    outside.works()
    code.refresh_from_db()
    return code


def reports(outside, phone):
    return outside.sandbox.control("GET", f"/solapi/{phone}/reports")["reports"]


def post(report, *, door=DOOR, **headers):
    told = {**report["headers"], **headers}
    return Client().post(door, report["body"], content_type=told.pop("Content-Type"), headers=told)


@pytest.mark.django_db
class TestWhatBecameOfIt:
    def test_is_asked_two_minutes_later_without_any_webhook(self, outside):
        code_to(outside, "01012345678")
        message = SmsMessage.objects.get()
        assert message.state == State.SENT
        outside.works(at=timezone.now() + timedelta(minutes=1))
        message.refresh_from_db()
        assert message.state == State.SENT
        outside.works(at=timezone.now() + timedelta(minutes=3))
        message.refresh_from_db()
        assert (message.state, message.status_code, message.reported_at is None) == (State.DELIVERED, "4000", False)
        assert Effect.objects.get(kind="identity.sms_report").detail == "4000"

    def test_is_asked_at_once_after_a_webhook(self, outside):
        code_to(outside, "01012345678")
        assert post(reports(outside, "01012345678")[0]).status_code == 200
        outside.works()
        assert SmsMessage.objects.get().state == State.DELIVERED

    def test_that_is_on_the_way_is_asked_again_and_never_goes_back(self, outside):
        code_to(outside, "01012343000")
        now = timezone.now()
        outside.works(at=now + timedelta(minutes=3))
        assert SmsMessage.objects.get().state == State.SENT
        outside.sandbox.control("POST", "/solapi/01012343000/end", {"code": "4000"})
        outside.works(at=now + timedelta(minutes=9))
        message = SmsMessage.objects.get()
        assert message.state == State.DELIVERED
        with transaction.atomic():
            assert not sms_reports.close(message=message.pk, status_code="3010", at=now)
        message.refresh_from_db()
        assert message.state == State.DELIVERED

    def test_stands_with_neither_number_nor_text_in_any_row(self, outside):
        code_to(outside, "01012343010")
        post(reports(outside, "01012343010")[0])
        rows = [str(vars(SmsMessage.objects.get())), bytes(InboundWebhook.objects.get().body).decode()]
        assert "12343010" not in "".join(rows)
        assert json.loads(rows[1])["statusCode"] == "3010"


@pytest.mark.django_db
class TestWhatDidNotArrive:
    def test_adv_04_says_so_on_the_page_that_waits_for_the_code(self, outside):
        code = code_to(outside, "01012343043")
        assert code.delivery == PhoneCode.Delivery.SENT
        post(reports(outside, "01012343043")[0])
        outside.works()
        code.refresh_from_db()
        assert (code.has_trouble, SmsMessage.objects.get().status_code) == (True, "3043")

    def test_adv_04_leaves_a_code_alone_that_was_typed_meanwhile(self, outside):
        code = code_to(outside, "01012343043")
        PhoneCode.objects.filter(pk=code.pk).update(used_at=timezone.now())
        post(reports(outside, "01012343043")[0])
        outside.works()
        code.refresh_from_db()
        assert (SmsMessage.objects.get().state, code.delivery) == (State.FAILED, PhoneCode.Delivery.SENT)

    def test_adv_04_goes_out_by_mail_when_it_was_a_notice(self, outside, minji_user):
        User.objects.filter(pk=minji_user.pk).update(phone="+821012343032")
        minji_user.refresh_from_db()
        with transaction.atomic():
            notifications.notify(
                user=minji_user, kind="test.notice", title="환불이 끝났어요", body="카드로 돌려드렸어요.", key="n", at=timezone.now(),
                channels=("in_app", "sms"),
            )  # fmt: skip
        outside.works()
        assert outside.messages(channel="MAIL", to="minji@example.com") == []
        for report in reports(outside, "01012343032") * 2:
            post(report)
        outside.works()
        outside.works()
        assert [mail["subject"] for mail in outside.messages(channel="MAIL", to="minji@example.com")] == ["[부스트] 환불이 끝났어요"]
        assert Notification.objects.get().messages.get().state == State.FAILED


@pytest.mark.django_db
class TestTheDoor:
    def test_takes_reports_with_our_secret_at_our_address_only(self, outside):
        code_to(outside, "01012345678")
        report = reports(outside, "01012345678")[0]
        forged = [
            post(report, **{"X-Solapi-Secret": "0" * 40}),
            post(report, **{"X-Solapi-Secret": "sandbox-webhook-secret"}),
            post(report, **{"X-Solapi-Secret": ""}),
            post(report, door="/messages/webhooks/solapi/guess/"),
        ]
        assert [answer.status_code for answer in forged] == [401] * 4
        assert not InboundWebhook.objects.exists()

    def test_knows_the_vector_of_the_fact_sheet_and_two_secrets_at_once(self, settings):
        settings.SOLAPI_WEBHOOK_SECRETS = ["a-new-one", "sandbox-webhook-secret"]
        assert sms_reports.is_proved("b0cdcb7c4a3bd5eef544fec95c958d714812117f", settings.SOLAPI_WEBHOOK_TOKEN)
        settings.SOLAPI_WEBHOOK_SECRETS = []
        assert not sms_reports.is_proved("b0cdcb7c4a3bd5eef544fec95c958d714812117f", settings.SOLAPI_WEBHOOK_TOKEN)
        settings.SOLAPI_WEBHOOK_SECRETS, settings.SOLAPI_WEBHOOK_TOKEN = ["sandbox-webhook-secret"], ""
        assert not sms_reports.is_proved("b0cdcb7c4a3bd5eef544fec95c958d714812117f", "")

    def test_stores_a_repeat_once_and_counts_it(self, outside):
        code_to(outside, "01012345678")
        for _ in range(3):
            assert post(reports(outside, "01012345678")[0]).status_code == 200
        assert InboundWebhook.objects.get().deliveries == 3

    def test_believes_nothing_that_a_report_says(self, outside):
        """A forger who knows secret and address says that nothing arrived; the supplier says otherwise."""
        code = code_to(outside, "01012345678")
        report = reports(outside, "01012345678")[0]
        post({**report, "body": report["body"].replace('"4000"', '"3010"')})
        outside.works()
        code.refresh_from_db()
        assert (SmsMessage.objects.get().state, code.has_trouble) == (State.DELIVERED, False)

    def test_reads_the_older_shape_too(self, outside):
        code_to(outside, "01012345678")
        report = reports(outside, "01012345678")[0]
        [event] = json.loads(report["body"])
        flat = json.dumps([{"eventDataId": "older", **event["data"]}])
        assert post({**report, "body": flat}).status_code == 200
        outside.works()
        assert SmsMessage.objects.get().state == State.DELIVERED

    @pytest.mark.parametrize("body", ["", "{}", "[1]", "[{}]", "not json", '[{"eventDataId": null, "data": {}}]', "[[]]"])
    def test_answers_200_to_what_it_cannot_read_because_it_would_only_come_again(self, outside, body):
        code_to(outside, "01012345678")
        report = reports(outside, "01012345678")[0]
        assert post({**report, "body": body}).status_code == 200
        assert not InboundWebhook.objects.exists()

    def test_refuses_what_is_too_large(self, outside):
        code_to(outside, "01012345678")
        report = reports(outside, "01012345678")[0]
        assert post({**report, "body": "x" * 300_000}).status_code == 413
