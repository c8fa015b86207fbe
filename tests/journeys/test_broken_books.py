"""The proof over all books together can say no: each of its sentences is broken once, by the owner of the tables."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from bench import breakages
from bench.breakages import BREAKAGES, Breakage
from campaigns import services as campaigns
from common import effects, handlers
from credits import proof
from credits import services as credits
from identity.models import User
from payments import services as payments
from payments.models import Refund
from tests import factories
from tests.campaigns.conftest import spec_of
from tests.campaigns.test_participation import complete, start
from tests.live import ROOT, database_url
from tests.payments.conftest import Buyer, Till, point_at
from tests.sandbox_process import SandboxProcess

pytestmark = pytest.mark.tampers


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory) -> Iterator[SandboxProcess]:
    with SandboxProcess(data=tmp_path_factory.mktemp("broken-books") / "sandbox.sqlite3") as process:
        yield process


def write_books(sandbox: SandboxProcess, settings, operator: User) -> None:
    """A paid order with a bonus, half of it given back; a campaign that was used, charged and still runs; tickets; a second advertiser."""
    handlers.load()
    sandbox.reset()
    point_at(settings, sandbox)
    at = timezone.now() - timedelta(hours=3)
    owner = factories.MembershipFactory(advertiser__name="민지네 커피", user__username="minji", user__email="minji@example.com")
    factories.MembershipFactory(advertiser__name="이브 상사", user__username="eve", user__email="eve@example.com")
    packages = {package.credits: package for package in payments.ensure_packages()}
    till = Till(advertiser=owner.advertiser, user=owner.user, buyer=Buyer(sandbox), packages=packages, at=at)
    refund = till.refund(till.paid(1_000_000), 500_000)
    payments.approve_refund(refund=refund, by=operator, at=at)
    effects.run_due(at=timezone.now())
    assert Refund.objects.get().state == Refund.State.DONE
    running = campaigns.submit_campaign(
        advertiser=owner.advertiser, spec=spec_of(at, tickets=3, unit_price=30), by=owner.user, at=at, key="one"
    )
    running = campaigns.approve(campaign=running, by=operator, at=at)
    member = factories.MemberFactory()
    complete(member, running, at)
    start(factories.MemberFactory(), running, at)
    campaigns.capture_due(campaign=running, at=at)
    with transaction.atomic():
        credits.spend(member_id=member.pk, amount=2, kind="RAFFLE", key="spent", at=at)
    assert proof.run().differences == []


@pytest.fixture
def books(db, sandbox, settings, operator) -> None:
    write_books(sandbox, settings, operator)


class TestEverySentenceOfTheProof:
    def test_is_broken_here(self):
        """A new sentence needs a way to break it: bench/breakages.py."""
        assert {breakage.check for breakage in BREAKAGES} == {f"{i.check.__module__}.{i.check.__qualname__}" for i in proof.invariants()}

    def test_stands_in_the_document_with_its_search_and_what_breaks_it(self):
        """docs/proof.md"""
        rows = [
            (found.code, found.sentence, search, tuple(breakage.name for breakage in BREAKAGES if breakage.check == search))
            for found in proof.invariants()
            for search in [f"{found.check.__module__}.{found.check.__qualname__}"]
        ]
        written = re.findall(r"^\| (I\d+) \| (.+?) \| `([\w.]+)` \| (.+) \|$", (ROOT / "docs" / "proof.md").read_text(), re.MULTILINE)
        told = [(code, sentence, search, tuple(re.findall(r"`(\w+)`", names))) for code, sentence, search, names in written]
        assert sorted(told) == sorted(rows)

    def test_says_no_and_names_the_row_when_it_is_broken(self, books):
        assert list(breakages.unnoticed()) == []
        assert proof.run().differences == []  # and nothing of it stayed


class TestLookingWhetherItIsNoticed:
    """A look that always says yes would prove nothing either."""

    def test_tells_when_the_proof_saw_nothing(self, books):
        harmless = Breakage("credits.invariants.entries_sum_to_zero", "nothing", lambda connection: "entry=1")
        assert list(breakages.unnoticed([harmless])) == ["nothing: verify_ledger saw nothing"]

    def test_tells_when_another_row_or_another_sentence_was_named(self, books):
        raised = next(breakage for breakage in BREAKAGES if breakage.name == "a_balance_raised")
        other_row = Breakage(raised.check, "row", lambda connection: raised.do(connection).replace("account=", "account=9"))
        other_sentence = Breakage("credits.invariants.entries_sum_to_zero", "sentence", raised.do)
        assert [text.split(":")[0] for text in breakages.unnoticed([other_row, other_sentence])] == ["row", "sentence"]

    def test_tells_when_there_was_nothing_to_break(self, db):
        assert list(breakages.unnoticed(BREAKAGES[:1])) == ["a_line_made_larger: the books have no such row"]


def test_the_command_itself_ends_with_1_and_names_the_row(transactional_db, sandbox, settings, operator):
    write_books(sandbox, settings, operator)
    raised = next(breakage for breakage in BREAKAGES if breakage.name == "a_balance_raised")
    with transaction.atomic():
        row = raised.do(connection)
    command = [sys.executable, "manage.py", "verify_ledger"]
    environment = {**os.environ, "DATABASE_URL": database_url()}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    assert row in done.stdout
