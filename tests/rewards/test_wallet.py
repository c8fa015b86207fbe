"""What members see of their tickets: what is there, what waits, and every line of the books."""

from datetime import timedelta

import pytest
import time_machine
from django.db import transaction

from campaigns import services as campaigns
from credits import services as credits
from credits.models import Entry, Kind
from tests import factories
from tests.app import Phone
from tests.campaigns.photographs import photograph
from tests.campaigns.test_answers import begin
from tests.campaigns.test_participation import complete
from tests.rewards.raffle_world import give, opened, press
from tests.signing_in import browser

WALLET = "/luckffle/wallet/"


def spend(member, amount, at, key):
    with transaction.atomic():
        credits.spend(member_id=member.pk, amount=amount, kind=Kind.EXPIRED, key=key, at=at)


@pytest.mark.django_db
class TestStatement:
    def test_every_line_of_the_books_newest_first_with_the_balance_after_it(self, running, suji, operator, finance, at):
        complete(suji, running, at)
        press(suji, opened(at, by=operator, funder=finance), at=at + timedelta(minutes=1))
        page = Phone(suji).get("/wallet/lines").json()
        assert [(line["what"], line["amount"], line["balance"]) for line in page["items"]] == [("래플 응모", -1, 0), ("미션", 1, 1)]
        assert [line["words"] for line in page["items"]] == ["", running.title]
        assert Phone(suji).get("/wallet").json() == {"tickets": 0, "earned": 1, "spent": 1, "reversed": 0}

    def test_what_was_taken_back_says_so(self, suji, at):
        give(suji, 5, at)
        with transaction.atomic():
            grant = Entry.objects.get(kind="TICKET_GRANT")
            credits.reverse(entry=grant, key="wrong", at=at, actor="operator", reason="부정 참여")
        newest = Phone(suji).get("/wallet/lines").json()["items"][0]
        assert (newest["is_reversal"], newest["what"], newest["amount"]) == (True, "되돌림", -5)
        assert Phone(suji).get("/wallet").json()["reversed"] == 5

    def test_goes_on_page_by_page_without_gaps_or_doubles(self, suji, at):
        give(suji, 100, at)
        for number in range(5):
            spend(suji, 1, at, key=f"test:{number}")
        seen, cursor = [], ""
        while True:
            page = Phone(suji).get(f"/wallet/lines?limit=2&cursor={cursor}").json()
            seen += [line["balance"] for line in page["items"]]
            cursor = page["next"]
            if not cursor:
                break
        assert seen == [95, 96, 97, 98, 99, 100]
        assert Phone(suji).get("/wallet/lines?cursor=x").json()["code"] == "common.cursor_refused"

    def test_of_others_is_not_there(self, suji, at):
        give(suji, 5, at)
        assert Phone(factories.MemberFactory()).get("/wallet/lines").json() == {"items": [], "next": ""}


@pytest.mark.django_db
class TestPage:
    def test_shows_what_is_there_what_waits_and_why(self, launch, suji, at):
        campaign = launch(type="PROOF", title="영수증 미션이에요")
        campaigns.picture(member=suji.pk, token=begin(suji, campaign, at), upload=photograph(1), at=at)
        give(suji, 12, at)
        with time_machine.travel(at + timedelta(minutes=5), tick=False):
            page = browser(suji.user).get(WALLET).content.decode()
        assert "확인을 기다리는 참여 1개" in page
        assert "12" in page
        assert "지금까지 받은 티켓" in page

    def test_an_old_cursor_opens_the_first_page(self, suji):
        assert browser(suji.user).get(f"{WALLET}?cursor=gone").status_code == 200

    def test_costs_the_same_however_many_lines_there_are(self, suji, at, django_assert_max_num_queries):
        give(suji, 50, at)
        for number in range(40):
            spend(suji, 1, at, key=f"test:{number}")
        client = browser(suji.user)
        with django_assert_max_num_queries(14):
            assert client.get(WALLET).status_code == 200
