"""Every command ends with the code that docs/operations.md says: each code is brought about, here or by the test that is named."""

import re
import signal
from importlib import import_module

from django.core.management import get_commands

from campaigns.services import clock
from rewards.raffles import record
from tests.house.quoted import ROOT
from tests.house.test_dry_runs import OURS, work
from tests.house.test_handbook import filled, run
from tests.house.test_scenarios import TESTS
from tests.house.world import undone

__all__ = ["work"]
TABLE = (ROOT / "docs" / "operations.md").read_text().split("## Commands", 1)[1].split("\n## ", 1)[0]
DOCUMENTED = {
    name: {int(code) for code in re.findall(r"\b(\d)\b", codes)}
    for name, codes in re.findall(r"^\| `(\w+).*\| ([^|]+) \|$", TABLE, re.MULTILINE)
}
# Command and code: the line that ends so in the house where work waits; `!` before it: the suppliers are silent.
ENDS = {
    ("verify_ledger", 0): "verify_ledger",
    ("verify_ledger", 2): "verify_ledger --only X99",
    ("restate", 0): "restate",
    ("reconcile_payments", 0): "reconcile_payments --since SINCE",
    ("reconcile_payments", 1): "reconcile_payments --order BO00",
    ("reconcile_payments", 2): "! reconcile_payments --since SINCE",
    ("replay_webhook", 0): "replay_webhook EVENT_ID",
    ("replay_webhook", 1): "! replay_webhook EVENT_ID",
    ("replay_webhook", 2): "replay_webhook msg_9",
    ("sweep", 0): "! sweep --once",
    ("settle_campaigns", 0): "settle_campaigns --once",
    ("rebuild_stats", 0): "rebuild_stats --since SINCE",
    ("rebuild_stats", 1): "rebuild_stats --since UNTIL --until SINCE",
    ("run_effects", 0): "! run_effects --once",
    ("import_giftishow", 0): "import_giftishow",
    ("import_giftishow", 2): "! import_giftishow --dry-run",
    ("draw_raffle", 0): "draw_raffle",
    ("verify_raffle", 0): "verify_raffle RAFFLE_ID",
    ("verify_raffle", 2): "verify_raffle 00000000-0000-4000-8000-00000000abcd",
    ("purge_expired", 0): "purge_expired",
    ("create_operator", 0): "create_operator EMAIL --name NAME --role ROLE",
    ("create_operator", 1): "create_operator OPERATOR --name NAME --role ROLE",
    ("go_live_check", 0): "go_live_check --only migrations",
    ("go_live_check", 1): "go_live_check",
    ("grant_app_role", 0): "grant_app_role",
    ("write_first_content", 0): "write_first_content",
    ("import_traffic_list", 0): "import_traffic_list FILE --name vpn",
    ("import_traffic_list", 1): "import_traffic_list FILE.gone --name vpn",
    ("load_demo", 0): "load_demo --show",
    ("simulate_traffic", 2): "simulate_traffic --members 0",
    ("card_review_pack", 1): "! card_review_pack --dry-run",
}
ELSEWHERE = {
    ("verify_ledger", 1): "tests/credits/test_verify_ledger.py::TestClosedDays::test_show_what_was_done_to_them",
    ("restate", 1): "tests/credits/test_restate.py::TestRestate::test_finds_and_repairs_what_somebody_changed",
    ("settle_campaigns", 1): "tests/house/test_exit_codes.py::TestACrash::test_of_one_campaign_ends_settling_with_1",
    ("verify_raffle", 1): "tests/house/test_exit_codes.py::TestACrash::test_of_a_record_that_lies_ends_its_check_with_1",
    ("card_review_pack", 0): (
        "tests/backoffice/test_card_review_checks.py::TestTheCommand::test_a_dry_run_of_a_house_in_order_says_so_and_leaves_no_row"
    ),
    ("card_review_pack", 2): "tests/backoffice/test_card_review_room.py::TestThePack::test_without_a_browser_the_command_says_so",
    ("relay", 0): "tests/house/test_exit_codes.py::TestTheRelay::test_ends_with_0_after_its_turn",
    ("load_demo", 1): "tests/house/test_exit_codes.py::TestDemoData::test_is_refused_with_1_where_real_people_are",
    ("grant_app_role", 1): "tests/common/test_grant_app_role.py::TestTheCommand::test_refuses_the_role_that_owns_the_tables",
    (
        "simulate_traffic",
        0,
    ): "tests/campaigns/test_simulate_traffic.py::TestSimulateTraffic::test_drives_members_and_finds_every_count_exact",
    (
        "simulate_traffic",
        1,
    ): "tests/campaigns/test_simulate_traffic.py::TestSimulateTraffic::test_exits_with_an_error_when_a_count_is_not_exact",
}


class TestTheTable:
    def test_names_every_command_of_ours(self):
        assert set(DOCUMENTED) == {name for name, app in get_commands().items() if app in OURS}

    def test_says_what_each_command_says_of_itself(self):
        said = {}
        for name in DOCUMENTED:
            words = (import_module(f"{get_commands()[name]}.management.commands.{name}").__doc__ or "").partition("Exit codes:")[2]
            said[name] = {int(code) for code in re.findall(r"\b(\d)\b", words)}
        assert said == DOCUMENTED

    def test_has_every_code_brought_about(self):
        assert ENDS.keys() | ELSEWHERE.keys() == {(name, code) for name, codes in DOCUMENTED.items() for code in codes}
        assert [test for test in ELSEWHERE.values() if test not in TESTS] == []


class TestACommand:
    def test_ends_with_the_code_that_is_written(self, work, settings):
        wrong = {}
        addresses = ("PORTONE_BASE_URL", "TOSS_BASE_URL", "GIFTISHOW_URL", "SANDBOX_ORIGIN")
        loud = {name: getattr(settings, name) for name in addresses}
        portals = settings.PORTAL_ORIGINS
        for (name, code), line in ENDS.items():
            is_alone = line.startswith("! ")
            for address in addresses:
                setattr(settings, address, "http://127.0.0.1:9" if is_alone else loud[address])
            settings.PORTAL_ORIGINS = dict.fromkeys(portals, "http://127.0.0.1:9") if is_alone else portals
            with undone():
                ended, said = run(filled(line.removeprefix("! "), work.words).split())
            if ended != code:
                wrong[line] = (ended, said[-300:])
            assert name in line
        assert wrong == {}


class TestACrash:
    def test_of_one_campaign_ends_settling_with_1(self, work, monkeypatch):
        def crash(**_facts):
            raise ExceptionGroup("campaigns that could not be moved", [RuntimeError("one")])

        monkeypatch.setattr(clock, "tick", crash)
        assert run(["settle_campaigns", "--once"]) == (1, "1 campaigns could not be moved; the log says which")

    def test_of_a_record_that_lies_ends_its_check_with_1(self, work, monkeypatch):
        honest = "".join(record.written(work.drawn))
        monkeypatch.setattr(record, "written", lambda raffle: [honest.replace("헤드폰", "이어폰")])
        code, said = run(["verify_raffle", str(work.drawn.public_id)])
        assert (code, "NO " in said) == (1, True)


class TestTheRelay:
    def test_ends_with_0_after_its_turn(self, db):
        handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            assert run(["relay", "--once", "--alone"]) == (0, "handed over or worked 0 effects\n")
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)


class TestDemoData:
    def test_is_refused_with_1_where_real_people_are(self, db, settings):
        settings.ENVIRONMENT = "production"
        assert run(["load_demo"])[0] == 1
