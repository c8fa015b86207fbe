"""The books contradict themselves by ten won: everybody who works at the money sees it on every page, with the transactions."""

import pytest
from django.db import connection, transaction
from django.utils import timezone
from lxml import html

from bench import breakages
from credits import proof
from credits import services as credits
from credits.models import Account, Entry, ProofRun
from credits.services.closing import CLOSES_AFTER, nightly_proof
from identity.models import Notification
from tests.backoffice.pressing import at

pytestmark = pytest.mark.tampers


def banner(page):
    found = html.fromstring(page.content.decode()).xpath("//*[@role='alert']")
    return " ".join(" ".join(found[0].itertext()).split()) if found else ""


@pytest.fixture
def red(minji):
    """Ten won more than the postings say, and the night's proof over it."""
    account = Account.objects.get(advertiser=minji, kind="AVAILABLE")
    breakages.Owner(connection).change(f"UPDATE credits_account SET balance = balance + 10 WHERE id = {account.pk} RETURNING id")
    run = nightly_proof(at=timezone.now() + CLOSES_AFTER)
    assert run is not None
    return account


class TestRedProof:
    def test_ops_27_ten_won_make_a_banner_an_item_with_its_transactions_and_stop_the_money(self, red, desk, minji):
        finance = desk("finance")
        run = ProofRun.objects.get()
        assert f"I3: account={red.pk} kind=AVAILABLE balance=1010 postings=1000" in run.differences
        alert = Notification.objects.get(kind="credits.proof_red")
        assert "충전과 환불을 멈췄어요" in alert.body
        for room in ("index", "refund-list", "credits_entry_changelist"):
            assert "차이 3건을 찾았어요" in banner(finance.get(at(room))), room
        page = finance.get(at("credits_proofrun_change", run.pk))
        assert f"{at('postings')}?owner={red.pk}" in page.content.decode()
        assert "충전" in finance.get(f"{at('postings')}?owner={red.pk}").content.decode()
        with pytest.raises(credits.MoneyStopped), transaction.atomic():
            credits.top_up(advertiser=minji, credits=1, order_id="o", gateway="portone", key="k", at=timezone.now() + 2 * CLOSES_AFTER)
        assert Entry.objects.count() == 1

    def test_ops_27_is_not_shown_to_who_does_not_see_the_ledger(self, red, desk):
        assert banner(desk("reviewer").get(at("index"))) == ""

    def test_goes_with_the_next_green_run(self, red, desk):
        finance = desk("finance")
        with transaction.atomic():
            credits.restate()
        credits.keep_proof(proof.run(), at=timezone.now())
        assert "차이" not in banner(finance.get(at("index")))
