"""Work outside that stopped, the inbox of webhooks, policies, prices, contacts, and the proof."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from backoffice import rights
from backoffice.words import WORDS
from common import dated, effects, handlers
from common.models import DatedSetting, Effect, InboundWebhook
from credits.models import ProofRun
from identity.models import AccessLog, Notification, WithdrawnPerson
from payments.models import Package
from rewards.services import leave
from tests import factories
from tests.backoffice.conftest import INDEX, enter, hire
from tests.backoffice.pressing import at, press, said


@pytest.fixture
def parked(db):
    now = timezone.now()
    return Effect.objects.create(
        kind="payments.refund", key="refund:stuck:1", ids={"refund": 1, "try_no": 1}, state="PARKED", attempts=5, failures=5,
        due_at=now, created_at=now, detail="timeout",
    )  # fmt: skip


class TestParkedWork:
    def test_is_counted_on_the_first_page_and_shown_in_its_room(self, desk, parked):
        client = desk(rights.ADMIN)
        tile = next(tile for tile in client.get(INDEX).context["tiles"] if tile.title == "바깥 작업")
        assert tile.count == 1
        page = client.get(at("common_effect_changelist"))
        assert "refund:stuck:1" in page.text
        assert "멈춤" in page.text

    def test_is_asked_about_again_with_a_reason_once(self, desk, parked):
        client = desk(rights.ADMIN)
        url = at("common_effect_unpark", parked.pk)
        press(client, url, reason="")
        parked.refresh_from_db()
        assert (parked.state, parked.failures) == ("PARKED", 5)
        press(client, url, reason="결제사가 복구됐어요")
        parked.refresh_from_db()
        assert (parked.state, parked.failures, parked.attempts) == ("UNKNOWN", 0, 5)
        assert LogEntry.objects.get().change_message == "다시 확인: 결제사가 복구됐어요"
        press(client, url, reason="한 번 더")
        assert "멈춘 작업이 아니에요" in said(client.get(at("common_effect_change", parked.pk)))
        assert LogEntry.objects.count() == 1

    @pytest.mark.parametrize("role", [rights.FINANCE, rights.REVIEWER, rights.SUPPORT, rights.CONTENT])
    def test_is_for_admins(self, desk, parked, role):
        client = desk(role)
        assert client.get(at("common_effect_changelist")).status_code == 403
        assert press(client, at("common_effect_unpark", parked.pk), reason="눌러 봤어요").status_code == 403
        parked.refresh_from_db()
        assert parked.state == "PARKED"

    def test_opening_the_dialog_changes_nothing(self, desk, parked):
        assert desk(rights.ADMIN).get(at("common_effect_unpark", parked.pk)).status_code == 200
        parked.refresh_from_db()
        assert parked.state == "PARKED"


class TestWebhooks:
    @pytest.fixture
    def webhook(self, db):
        return InboundWebhook.objects.create(
            gateway="portone",
            event_id="msg_1",
            type="Transaction.Paid",
            ref="BO01",
            body=b'{"a": "\xea\xb0\x80"}',
            received_at=timezone.now(),
        )

    def test_show_where_they_came_from_and_their_text(self, desk, webhook):
        client = desk(rights.SUPPORT)
        assert "포트원" in client.get(at("common_inboundwebhook_changelist")).text
        page = client.get(at("common_inboundwebhook_change", webhook.pk))
        assert "&quot;a&quot;: &quot;가&quot;" in page.text
        assert "주문 기다림" not in page.text

    def test_with_a_broken_body_are_still_shown(self, desk, webhook):
        InboundWebhook.objects.update(body=b"\xff\x00<script>")
        page = desk(rights.SUPPORT).get(at("common_inboundwebhook_change", webhook.pk))
        assert page.status_code == 200
        assert "<script>" not in page.text.split('id="content"')[1].split("</fieldset>")[0]


class TestPolicies:
    def post(self, client, **fields):
        values = {
            "name": "payments.second_approval_above_krw",
            "value": "500000",
            "effective_from": "",
            "reason": "한도를 낮춰요",
            **fields,
        }
        return press(client, at("common_datedsetting_set_policy"), **values)

    def test_get_a_new_value_from_now_on(self, desk):
        client = desk(rights.ADMIN)
        self.post(client)
        row = DatedSetting.objects.get()
        assert (row.name, row.value, row.reason) == ("payments.second_approval_above_krw", 500_000, "한도를 낮춰요")
        assert dated.defined()["payments.second_approval_above_krw"].at(timezone.now()) == 500_000
        assert "500,000" in client.get(at("common_datedsetting_changelist")).text

    def test_that_limit_decisions_are_told_to_everybody_who_decides(self, desk):
        client = desk(rights.ADMIN)
        self.post(client)
        self.post(client, name="backoffice.demo_credits", value="200000")
        told = Notification.objects.get(user=None)
        assert (told.kind, "새 값 500,000 · 한도를 낮춰요" in told.body) == ("backoffice.limit_changed", True)

    def test_may_change_later_and_keep_today_as_it_is(self, desk):
        moment = (timezone.localtime() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
        self.post(desk(rights.ADMIN), effective_from=moment)
        assert dated.defined()["payments.second_approval_above_krw"].at(timezone.now()) == 1_000_000

    @pytest.mark.parametrize(
        "fields", [{"value": "많이"}, {"value": "true"}, {"effective_from": "2020-01-01T00:00"}, {"reason": ""}, {"name": "x.y"}]
    )
    def test_refuse_what_cannot_stand(self, desk, fields):
        self.post(desk(rights.ADMIN), **fields)
        assert DatedSetting.objects.count() == 0

    def test_ops_31_show_unit_bounds_and_a_history_with_name_and_reason(self, desk):
        client = desk(rights.ADMIN)
        self.post(client)
        page = client.get(at("common_datedsetting_changelist") + "?name=payments.second_approval_above_krw").text
        assert "500,000원" in page
        assert "168~8,760" in page
        assert "한도를 낮춰요" in page
        assert DatedSetting.objects.get().created_by_id is not None
        assert "시스템" not in page.split("한도를 낮춰요")[1].split("</tr>")[0]

    def test_ops_31_refuse_a_number_out_of_its_bounds(self, desk):
        self.post(desk(rights.ADMIN), name="payments.refund_window_hours", value="24")
        assert DatedSetting.objects.count() == 0

    def test_are_set_by_admins(self, desk):
        assert self.post(desk(rights.FINANCE)).status_code == 403
        assert DatedSetting.objects.count() == 0


class TestPrices:
    def test_are_added_with_a_reason_by_finance(self, desk):
        client = desk(rights.FINANCE)
        form = {"credits": "200000", "bonus_credits": "1000", "is_offered": "on"}
        assert client.post(at("payments_package_add"), form).status_code == 200
        assert Package.objects.filter(credits=200_000).count() == 0
        client.post(at("payments_package_add"), {**form, "reason": "가을 행사"})
        assert Package.objects.get(credits=200_000).bonus_credits == 1_000
        assert "가을 행사" in LogEntry.objects.get().change_message

    def test_that_were_made_keep_their_credits_and_are_never_deleted(self, desk, db):
        package = Package.objects.create(credits=200_000, bonus_credits=0, is_offered=True)
        client = desk(rights.FINANCE)
        client.post(at("payments_package_change", package.pk), {"credits": "1", "bonus_credits": "500", "reason": "판매를 멈춰요"})
        package.refresh_from_db()
        assert (package.credits, package.bonus_credits, package.is_offered) == (200_000, 500, False)
        assert client.post(at("payments_package_delete", package.pk), {"post": "yes"}).status_code == 403
        assert Package.objects.filter(pk=package.pk).exists()

    def test_are_not_for_support_to_change(self, desk):
        assert desk(rights.SUPPORT).post(at("payments_package_add"), {"credits": "200000", "reason": "눌러 봤어요"}).status_code == 403
        assert Package.objects.filter(credits=200_000).count() == 0


class TestContacts:
    def test_are_masked_in_every_room(self, desk, minji, suji):
        client = desk(rights.ADMIN)
        for name, args in (
            ("identity_user_changelist", ()),
            ("identity_user_change", (suji.user.pk,)),
            ("advertisers_membership_changelist", ()),
            ("rewards_member_changelist", ()),
            ("rewards_member_change", (suji.pk,)),
        ):
            page = client.get(at(name, *args))
            assert page.status_code == 200
            assert "+821000000001" not in page.text, name
            assert "010-0000-0001" not in page.text, name
            assert "minji@example.com" not in page.text, name
        assert "010-****-0001" in client.get(at("rewards_member_change", suji.pk)).text
        assert "mi***@example.com" in client.get(at("advertisers_membership_changelist")).text

    def test_are_shown_once_with_a_reason_that_is_kept(self, suji):
        operator = hire("boram", rights.SUPPORT)
        client = enter(operator)
        url = at("rewards_member_show_contact", suji.pk)
        looks = AccessLog.objects.filter(action="contact.viewed")
        assert "010-0000-0001" not in press(client, url, reason="").text
        assert looks.count() == 0
        answer = press(client, url, reason="본인이 문의했어요")
        assert "010-0000-0001" in answer.text
        assert [(look.actor, look.subject) for look in looks] == [(operator, f"user:{suji.user.public_id}")]
        assert LogEntry.objects.get().change_message == "연락처를 봤어요 · 본인이 문의했어요"

    def test_are_not_for_reviewers(self, desk, suji):
        assert press(desk(rights.REVIEWER), at("rewards_member_show_contact", suji.pk), reason="궁금해요").status_code == 403
        assert AccessLog.objects.filter(action="contact.viewed").count() == 0


class TestSomebodyWhoLeft:
    def gone(self, suji):
        leave(member=suji, at=timezone.now())
        return WithdrawnPerson.objects.get()

    def test_is_shown_without_who_it_was(self, desk, suji):
        row = self.gone(suji)
        text = desk(rights.SUPPORT).get(at("identity_withdrawnperson_changelist")).text
        assert str(row.person) in text
        assert "수지" not in text

    def test_is_looked_at_with_a_reason_that_is_kept(self, suji):
        row, operator = self.gone(suji), hire("boram", rights.SUPPORT)
        client, url = enter(operator), at("identity_withdrawnperson_show_kept", row.pk)
        assert "수지" not in press(client, url, reason="").text
        answer = press(client, url, reason="수사기관이 물었어요")
        assert "수지" in answer.text
        assert "휴대전화" in answer.text
        assert AccessLog.objects.get(action="withdrawn.viewed").actor == operator
        assert LogEntry.objects.get().change_message == "보관 기록을 봤어요 · 수사기관이 물었어요"

    def test_is_no_business_of_reviewers(self, desk, suji):
        row = self.gone(suji)
        assert press(desk(rights.REVIEWER), at("identity_withdrawnperson_show_kept", row.pk), reason="궁금해요").status_code == 403


class TestTheProof:
    def test_is_asked_for_by_a_press_and_runs_outside_the_request(self, desk):
        client = desk(rights.FINANCE)
        page = client.post(at("proof-run"), follow=True)
        assert "원장 증명을 시작했어요" in said(page)
        assert Effect.objects.get(kind="credits.proof").state == "NEW"
        handlers.load()
        effects.run_due(at=timezone.now())
        assert Effect.objects.get(kind="credits.proof").state == "DONE"
        run = ProofRun.objects.get()
        assert (run.is_green, run.counts != {}) == (True, True)
        assert client.get(at("proof-run")).status_code == 405

    def test_is_not_for_reviewers(self, desk):
        assert desk(rights.REVIEWER).post(at("proof-run")).status_code == 403
        assert Effect.objects.count() == 0


def test_every_kind_of_work_outside_has_a_word():
    handlers.load()
    missing = {kind for kind in effects._HANDLERS if not kind.startswith("test") and kind not in WORDS}
    assert missing == set()


def test_people_without_contacts_are_shown_with_a_dash(desk, db):
    factories.UserFactory(username="nobody", email="", phone="")
    assert "–" in desk(rights.ADMIN).get(at("identity_user_changelist")).text
