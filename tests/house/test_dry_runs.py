"""`--dry-run`: each writing command says exactly what it would do and leaves everything as it was, where the real run would change it."""

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command, get_commands, load_command_class

from credits import selectors as balances
from tests.house.waiting_work import build, everything
from tests.house.world import undone

OURS = ("common", "identity", "advertisers", "credits", "payments", "rewards", "campaigns", "inquiries", "backoffice")
# Each with the command line that has something to do in the house where work waits, and what the dry run must say.
DRY = {
    "create_operator": ("EMAIL --name NAME --role ROLE", ["would make sora@staff.example.com with support"]),
    "reconcile_payments": ("--since SINCE", ["would look up ORDER_ID", "portone: would compare 2, look up 2, make 0 again"]),
    "settle_campaigns": ("--once", ["begun=1 ended=1", "captured=1", "  begun: STARTING (", "  ended: ENDING (RUNNING)"]),
    "verify_ledger": ("", ["Green: "]),
    "import_giftishow": ("", ["would begin a new import", "would read 64 goods", "NEW: 6", "GONE: 0"]),
    "draw_raffle": ("", ["would close 1\n  CLOSING", "would open 0", "would ask for 0 draws"]),
    "rebuild_stats": ("--since SINCE", ["would count 3 days anew; 1 hours were wrong or missing"]),
    "replay_webhook": ("EVENT_ID", ["portone Transaction.Paid about TOLD_OF, STORED; would look TOLD_OF up"]),
    "run_effects": ("--once", ["would send ", "would work 5 effects"]),
    "purge_expired": ("", ["identity.notices: would destroy 1\n", "identity.access_log: kept, nothing destroys it"]),
    "sweep": ("--once", ["would ask about ORDER_ID", "would ask about 2 orders"]),
    "write_first_content": ("", ["questions, guides and notices would be written."]),
    "grant_app_role": ("", ['"boost_handbook" LOGIN;']),
    "import_traffic_list": ("FILE --name vpn", ["vpn: 1 networks, 0 marks"]),
}  # fmt: skip
# They write and cannot be tried: processes and set-up, of a running house or of the demo; `restate` looks only unless it is told to write.
NOT_TRIED = {"relay", "load_demo", "simulate_traffic", "restate"}
ONLY_LOOK = {"verify_raffle", "go_live_check"}
WRITE_FILES = {"card_review_pack"}  # with a browser; its real run: tests/backoffice/test_card_review_pack.py


def run(name, *arguments):
    out = StringIO()
    call_command(name, *arguments, stdout=out, stderr=out)
    return out.getvalue()


def filled(text, work):
    words = work.words | {
        "TOLD_OF": work.told_of.order_id,
        "STARTING": str(work.starting.public_id),
        "ENDING": str(work.ending.public_id),
        "CLOSING": str(work.closing.public_id),
    }
    return re.sub(r"\b[A-Z_]{4,}\b", lambda found: words.get(found[0], found[0]), text)


@pytest.fixture
def work(sandbox_of_the_house, settings, minji, minji_user, operator, finance, suji, at, tmp_path):
    people = {"minji": minji, "owner": minji_user, "operator": operator, "finance": finance, "suji": suji}
    return build(sandbox_of_the_house, settings, at=at, folder=tmp_path, **people)


class TestADryRun:
    def test_is_offered_by_every_command_that_writes(self):
        ours = {name for name, app in get_commands().items() if app in OURS}
        offered = {
            name for name in ours if "--dry-run" in load_command_class(get_commands()[name], name).create_parser("", name).format_help()
        }
        assert offered == set(DRY) | WRITE_FILES
        assert ours - offered == NOT_TRIED | ONLY_LOOK

    def test_says_what_the_real_run_does_and_leaves_everything_as_it_was(self, work):
        before = everything()
        wrong = {}
        for name, (line, said) in DRY.items():
            arguments = filled(line, work).split()
            told = run(name, *arguments, "--dry-run")
            if missing := [words for words in said if filled(words, work) not in told]:
                wrong[name] = f"did not say {missing} but {told}"
            elif everything() != before:
                wrong[name] = "the dry run changed something"
            with undone():
                run(name, *arguments)
                if everything() == before:
                    wrong[name] = "the real run changed nothing, so the dry run proves nothing"
        assert wrong == {}

    @pytest.mark.parametrize("name", sorted(WRITE_FILES))
    def test_of_what_writes_files_writes_neither_rows_nor_files(self, work, settings, name):
        before, files = everything(), sorted(settings.VAR_DIR.rglob("*"))
        with pytest.raises(CommandError) as found:
            run(name, "--dry-run")
        assert found.value.returncode == 1
        assert (everything(), sorted(settings.VAR_DIR.rglob("*"))) == (before, files)

    def test_of_settling_names_what_the_real_run_then_moves(self, work):
        told = run("settle_campaigns", "--once", "--dry-run").splitlines()[0]
        assert "begun=1 ended=1" in told
        assert "begun=1 ended=1" in run("settle_campaigns", "--once")
        assert balances.balance(work.ending.advertiser).held == 100  # the budget of the one that began

    def test_of_purging_counts_what_the_real_run_then_destroys(self, work):
        told = dict(line.split(": would destroy ") for line in run("purge_expired", "--dry-run").splitlines() if "would" in line)
        done = dict(line.split(": ") for line in run("purge_expired").splitlines())
        assert told == {rule: count for rule, count in done.items() if rule in told}
        assert told["identity.notices"] == "1"

    def test_of_an_address_that_is_taken_is_refused_like_the_real_run(self, work):
        with pytest.raises(CommandError, match="이미 쓰고 있는"):
            run("create_operator", work.operator.email, "--name", "소라", "--role", "support", "--dry-run")

    @pytest.mark.parametrize(
        ("line", "address"),
        [("reconcile_payments --since 2026-11-25", "PORTONE_BASE_URL"), ("import_giftishow", "GIFTISHOW_URL")],
        ids=["reconcile_payments", "import_giftishow"],
    )
    def test_ends_with_2_when_the_supplier_is_silent(self, work, settings, line, address):
        setattr(settings, address, "http://127.0.0.1:9")
        with pytest.raises(SystemExit) as ended:
            run(*line.split(), "--dry-run")
        assert ended.value.code == 2

    def test_of_one_order_asks_the_company_of_that_order_alone(self, work):
        order = work.asked_for
        assert run("reconcile_payments", "--order", order.order_id, "--dry-run") == (
            f"would look up {order.order_id}: WINDOW_OPEN here, PAID at portone\n"
        )
