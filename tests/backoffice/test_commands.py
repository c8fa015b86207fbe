"""
The commands that README lists: each says what it does and does it.

That a dry run writes nothing: test_dry_runs.py in tests/house, where their exit codes and what pages quote of them are tested too.
"""

import re
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.core.management import CommandError, call_command, get_commands, load_command_class
from django.utils import timezone

from backoffice import go_live, rights
from common import jobs
from common.models import Effect, InboundWebhook, JobRun
from credits import selectors as credits
from identity.models import User
from payments import services as payments
from payments.models import Package, PaymentOrder
from rewards.models import GifticonImport
from tests.backoffice.pressing import at, press, said

README = (Path(settings.BASE_DIR) / "README.md").read_text()
LISTED = re.findall(r"^\| `manage\.py (\w+)([^`]*)` \|", README, re.MULTILINE)
WANTED = {
    "create_operator", "reconcile_payments", "settle_campaigns", "verify_ledger", "import_giftishow", "draw_raffle", "verify_raffle",
    "rebuild_stats", "replay_webhook", "run_effects", "purge_expired", "go_live_check",
}  # fmt: skip
ONLY_LOOK = {"verify_raffle", "go_live_check"}
SORA = ("sora@staff.example.com", "--name", "소라", "--role", "support")


def run(name, *args):
    """What the command printed."""
    out = StringIO()
    call_command(name, *args, stdout=out, stderr=out)
    return out.getvalue()


def parser_of(name):
    return load_command_class(get_commands()[name], name).create_parser("manage.py", name)


@pytest.fixture
def webhook(db):
    return InboundWebhook.objects.create(
        gateway="portone", event_id="msg_1", type="Transaction.Paid", ref="BO01", body=b"{}", received_at=timezone.now()
    )


class TestTheList:
    def test_of_readme_names_every_command_and_only_those_that_exist(self):
        named = {name for name, _ in LISTED}
        assert named >= WANTED
        assert named <= set(get_commands())

    @pytest.mark.parametrize("name", sorted(WANTED))
    def test_helps_and_offers_a_dry_run_where_it_writes(self, name):
        text = parser_of(name).format_help()
        assert len(load_command_class(get_commands()[name], name).help) > 40
        assert ("--dry-run" in text) == (name not in ONLY_LOOK)

    @pytest.mark.parametrize(("name", "options"), LISTED, ids=[name for name, _ in LISTED])
    def test_names_options_that_exist(self, name, options):
        known = parser_of(name).format_help()
        assert [option for option in re.findall(r"--[a-z-]+", options) if option not in known] == []


class TestCreateOperator:
    def test_makes_one_who_must_register_a_second_factor(self, db):
        said = run("create_operator", *SORA)
        user = User.objects.get(email="sora@staff.example.com")
        assert user.check_password(said.strip().rpartition(" ")[2])
        assert (user.kind, rights.roles_of(user)) == (User.Kind.OPERATOR, {rights.SUPPORT})
        with pytest.raises(CommandError, match="이미 쓰고 있는"):
            run("create_operator", *SORA)


class TestReplayWebhook:
    def test_dev_10_of_last_night_ends_as_if_it_had_come_once(self, cashier, minji, minji_user):
        package, _ = Package.objects.get_or_create(credits=100_000, defaults={"bonus_credits": 0, "is_offered": True})
        at = timezone.now()
        order = payments.create_order(advertiser=minji, package=package, by=minji_user, at=at, key="night")
        cashier.sandbox.control("POST", "/payments", {"request": payments.open_window(order=order, at=at)})
        cashier.sandbox.control("POST", f"/payments/{order.order_id}/approve", {})
        InboundWebhook.objects.create(
            gateway="portone", event_id="msg_2", type="Transaction.Paid", ref=order.order_id, body=b"{}", received_at=at
        )
        before = credits.balance(minji).available
        for _ in range(2):
            assert run("replay_webhook", "msg_2", "--gateway", "portone").strip().endswith("DONE")
        order.refresh_from_db()
        assert order.state == PaymentOrder.State.PAID
        assert credits.balance(minji).available - before == 100_000

    def test_dev_10_by_the_button_leaves_who_and_why_and_credits_once(self, cashier, minji, minji_user, desk):
        order = cashier.top_up(minji, minji_user, 100_000)
        told = InboundWebhook.objects.create(
            gateway="portone", event_id="msg_3", type="Transaction.Paid", ref=order.order_id, body=b"{}", received_at=timezone.now()
        )
        before, client = credits.balance(minji).available, desk(rights.FINANCE)
        assert press(client, at("common_inboundwebhook_replay", told.pk), reason="").status_code == 200
        assert not Effect.objects.filter(key__startswith=f"replay:{told.pk}:").exists()
        press(client, at("common_inboundwebhook_replay", told.pk), reason="어젯밤 실패했어요")
        cashier.work()
        told.refresh_from_db()
        assert (told.state, credits.balance(minji).available) == (InboundWebhook.State.DONE, before)
        assert LogEntry.objects.get(object_id=str(told.pk)).change_message == "웹훅 다시 처리: 어젯밤 실패했어요"

    def test_by_the_button_of_one_that_names_no_order_is_refused_and_not_for_everybody(self, db, desk):
        silent = InboundWebhook.objects.create(
            gateway="portone", event_id="msg_4", type="Other", ref="", body=b"{}", received_at=timezone.now()
        )
        client = desk(rights.FINANCE)
        press(client, at("common_inboundwebhook_replay", silent.pk), reason="눌러 봤어요")
        assert "다시 처리할 것이 없어요" in said(client.get(at("common_inboundwebhook_change", silent.pk)))
        assert press(desk(rights.SUPPORT), at("common_inboundwebhook_replay", silent.pk), reason="눌러 봤어요").status_code == 403
        assert not LogEntry.objects.exists()

    def test_that_nobody_knows_says_so(self, db):
        with pytest.raises(CommandError) as refusal:
            run("replay_webhook", "msg_9")
        assert refusal.value.returncode == 2

    def test_about_no_order_of_ours_waits(self, webhook):
        with pytest.raises(CommandError) as refusal:
            run("replay_webhook", "msg_1")
        assert refusal.value.returncode == 1
        webhook.refresh_from_db()
        assert webhook.state == InboundWebhook.State.PARKED


class TestOthers:
    def test_import_goes_on_where_a_reading_stopped(self, db):
        run("import_giftishow")
        run("import_giftishow")
        assert GifticonImport.objects.count() == 1
        assert Effect.objects.filter(kind="rewards.gifticon_import").count() == 1

    def test_raffle_that_is_not_there_cannot_be_verified(self, db):
        with pytest.raises(CommandError) as refusal:
            run("verify_raffle", "00000000-0000-4000-8000-00000000abcd")
        assert refusal.value.returncode == 2

    def test_draw_asks_for_nothing_before_its_time(self, db):
        assert run("draw_raffle") == "asked for 0 draws\n"

    def test_stats_are_counted_for_days_in_order(self, db):
        assert "counted 1 days anew" in run("rebuild_stats", "--since", "2026-11-25", "--until", "2026-11-25")
        with pytest.raises(CommandError, match="before"):
            run("rebuild_stats", "--since", "2026-11-25", "--until", "2026-11-24")

    def test_purge_runs_every_rule_twice_without_finding_more(self, db):
        run("purge_expired")
        assert {line.rpartition(" ")[2] for line in run("purge_expired").splitlines()} == {"0"}


class TestGoLiveCheck:
    def test_names_every_thing_that_stands_in_the_way(self, db, settings, tmp_path):
        settings.VAR_DIR = tmp_path
        with pytest.raises(CommandError):
            run("go_live_check")
        named = {name for name, _ in go_live.failures(at=timezone.now())}
        assert named == set(go_live.CHECKS) - {"migrations", "insured limit", "money switch"}

    @pytest.mark.parametrize(
        ("name", "value", "word"),
        [
            ("mail_order_number", "", "통신판매업신고번호"),
            ("phone", "010-9876-5432", "휴대전화"),
            ("business_number", "123-45-67899", "사업자등록번호"),
        ],
    )
    def test_names_the_field_of_the_footer(self, settings, name, value, word):
        whole = {
            "name": "부스트", "representative": "김민지", "business_number": "220-81-62517", "mail_order_number": "제2026-서울강남-12345호",
            "address": "서울특별시 강남구 테헤란로 1", "phone": "02-555-1234", "email": "help@boost.kr", "hosting": "부스트",
            "privacy_officer": "김민지",
        }  # fmt: skip
        settings.COMPANY = {**settings.COMPANY, **whole}
        at = timezone.now()
        assert list(go_live.CHECKS["footer"](at)) == []
        settings.COMPANY[name] = value
        assert any(word in why for why in go_live.CHECKS["footer"](at))

    def test_is_content_with_a_fresh_backup_and_jobs_that_ran(self, db, settings, tmp_path):
        at = timezone.now()
        settings.VAR_DIR = tmp_path
        (tmp_path / "backups").mkdir()
        (tmp_path / "backups" / "boost.dump").write_bytes(b"x")
        assert list(go_live.CHECKS["backup"](at)) == []
        for name in jobs.scheduled():
            jobs.record(name, at=at)
        assert list(go_live.CHECKS["workers"](at)) == []
        JobRun.objects.filter(name="payments.sweep").update(succeeded_at=at - timedelta(hours=1))
        assert "payments.sweep" in next(go_live.CHECKS["workers"](at))
