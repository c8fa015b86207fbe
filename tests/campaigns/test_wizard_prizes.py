"""The prizes of a raffle in the wizard: written in the reward step, counted with the budget, held at the submission."""

import pytest
import time_machine
from django.db import transaction

from campaigns import gifts
from campaigns.gifts import GiftChanged
from campaigns.models import Campaign, Draft
from campaigns.services import content
from campaigns.wizard import copies, steps
from credits import selectors as balances
from credits import services as credits
from rewards.models import Gifticon
from tests.campaigns.writing import ANSWERS, begin, press, submit, url
from tests.rewards.gifticon_world import gifticon
from tests.signing_in import browser

PRIZE = {"reward-prizes-0-name": "커피 쿠폰", "reward-prizes-0-quantity": "2", "reward-prizes-0-value_krw": "200"}
WRITTEN = [{"name": "커피 쿠폰", "quantity": 2, "value_krw": 200}]


@pytest.fixture
def web(minji_user, at):
    with time_machine.travel(at, tick=False):
        yield browser(minji_user)


@pytest.fixture
def draft(web):
    """A raffle with everything but its prizes."""
    made = begin(web, type="RAFFLE")
    for step, more in {"design": {}, "reward": PRIZE, "credit": {"unit_price": "20"}, "setting": {}}.items():
        answer = press(web, made, step, **more)
        assert answer.status_code == 302, (step, answer.context["form"].errors)
    return Draft.objects.get(pk=made.pk)


class TestTheRewardStep:
    def test_asks_for_prizes_only_where_there_is_a_raffle(self, web):
        for key, asked in {"RAFFLE": True, "VISIT": False}.items():
            made = begin(web, type=key)
            press(web, made, "design")
            assert ("reward-prizes-0-name" in web.get(url(made, "reward")).content.decode()) is asked

    def test_s_35_keeps_them_and_counts_their_money(self, web, draft):
        assert draft.answers["reward"] == {"tickets": 1, "prizes": WRITTEN}
        page = web.get(url(draft, "reward")).content.decode()
        assert "커피 쿠폰" in page
        assert web.get(url(draft, "credit")).context["cost"].needed == 500 + 400

    def test_another_row_is_a_press_away_and_an_empty_one_disappears(self, web, draft):
        answer = press(web, draft, "reward", intent="more:prizes", **PRIZE)
        assert "reward-prizes-1-name" in web.get(answer.headers["Location"]).content.decode()
        press(
            web, draft, "reward", **PRIZE, **{"reward-prizes-1-name": "", "reward-prizes-1-quantity": "1", "reward-prizes-1-value_krw": ""}
        )
        draft.refresh_from_db()
        assert draft.answers["reward"]["prizes"] == WRITTEN

    @pytest.mark.parametrize(
        "sent,field,sentence",
        [
            ({}, "reward-prizes-0-gift", "경품을 하나 이상 적어 주세요."),
            ({**PRIZE, "reward-prizes-0-value_krw": "99"}, "reward-prizes-0-value_krw", "100"),
            ({**PRIZE, "reward-prizes-0-quantity": "두 개"}, "reward-prizes-0-quantity", "숫자"),
        ],
    )
    def test_says_beside_the_field_what_is_wrong(self, web, draft, sent, field, sentence):
        answer = press(web, draft, "reward", **sent)
        assert answer.status_code == 422
        assert sentence in str(answer.context["form"].errors[field])


class TestOtherSteps:
    def test_another_type_puts_them_aside_and_they_come_back(self, web, draft):
        press(web, draft, "select-type", type="VISIT")
        draft.refresh_from_db()
        assert "prizes" not in draft.answers["reward"]
        assert "경품" in web.get(url(draft, "select-type")).content.decode()
        press(web, draft, "select-type", type="RAFFLE")
        draft.refresh_from_db()
        assert (draft.answers["reward"]["prizes"], draft.aside) == (WRITTEN, [])

    def test_the_preview_shows_them(self, web, draft):
        page = web.get(f"/campaigns/drafts/{draft.public_id}/preview/detail/").content.decode()
        assert "커피 쿠폰" in page

    def test_ops_05_the_last_page_names_all_of_it_and_the_press_holds_it(self, web, draft, minji):
        page = web.get(url(draft, "review")).content.decode()
        assert "900크레딧으로 심사 요청하기" in page
        assert "경품 값은 따로 묶어 두고" in page
        assert submit(web, draft).status_code == 302
        found = balances.balance(minji)
        assert (found.available, found.held, Campaign.objects.get().raffle.prizes) == (100, 900, WRITTEN)

    def test_adv_15_the_gap_that_is_topped_up_includes_them(self, web, draft):
        dear = {**PRIZE, "reward-prizes-0-value_krw": "2000"}
        press(web, draft, "reward", **dear)
        answer = press(web, draft, "credit", **ANSWERS["credit"] | {"unit_price": "20"}, intent="top_up")
        assert "credits=3500" in answer.headers["Location"]

    def test_adv_30_a_duplicate_brings_them_along(self, web, draft, minji_user, at):
        submit(web, draft)
        copied = copies.duplicate(campaign=Campaign.objects.get(), by=minji_user, at=at, key="k")
        assert copied.answers["reward"]["prizes"] == [{"gift": None, **WRITTEN[0]}]


class TestTheCatalogue:
    @pytest.fixture
    def coffee(self, at):
        return gifticon(at)

    def chosen(self, gift, **changes):
        return {"reward-prizes-0-gift": str(gift.public_id), "reward-prizes-0-quantity": "2", **changes}

    @pytest.fixture
    def funded(self, minji, at):
        with transaction.atomic():
            credits.top_up(advertiser=minji, credits=20_000, order_id="more", gateway="portone", key="more", at=at)

    def test_s_35_a_gifticon_is_chosen_and_the_catalogue_says_its_name_and_value(self, web, draft, coffee):
        assert "브루데이 따뜻한 아메리카노 · 4,500원" in web.get(url(draft, "reward")).content.decode()
        press(web, draft, "reward", **self.chosen(coffee, **{"reward-prizes-0-name": "x", "reward-prizes-0-value_krw": "1"}))
        draft.refresh_from_db()
        assert draft.answers["reward"]["prizes"] == [
            {"gift": str(coffee.public_id), "name": "브루데이 따뜻한 아메리카노", "quantity": 2, "value_krw": 4_500}
        ]

    def test_a_long_catalogue_is_cut_and_what_was_chosen_stays_in_the_list(self, web, draft, coffee, monkeypatch, at):
        press(web, draft, "reward", **self.chosen(coffee))
        gifticon(at, code="G2", name="가나다 라떼", face_krw=100, cost_krw=90)
        monkeypatch.setattr(gifts, "MOST_LISTED", 1)
        page = web.get(url(draft, "reward")).content.decode()
        assert all(name in page for name in ("가나다 라떼", "따뜻한 아메리카노"))
        assert f'<option value="{coffee.public_id}" selected' in page

    def test_s_35_says_what_members_get_for_the_tickets(self, web, draft, coffee):
        reach = web.get(url(draft, "reward")).context["within_reach"]
        priced = Gifticon.objects.offered(draft.created_at).get()
        assert [(one.tickets, one.missions) for one in reach] == [(priced.tickets, priced.tickets)]

    def test_the_raffle_promises_it_and_knows_which_it_is(self, web, draft, coffee, funded):
        press(web, draft, "reward", **self.chosen(coffee))
        submit(web, draft)
        assert Campaign.objects.get().raffle.prizes == [
            {"name": "브루데이 따뜻한 아메리카노", "quantity": 2, "value_krw": 4_500, "gift": str(coffee.public_id)}
        ]

    @pytest.mark.parametrize("change", [{"face_krw": 5_000}, {"is_sold": False}, {"is_shown": False}, {"stock": 1}])
    def test_what_changed_meanwhile_is_not_submitted(self, web, draft, coffee, funded, change):
        press(web, draft, "reward", **self.chosen(coffee))
        draft.refresh_from_db()
        Gifticon.objects.update(**change)
        with pytest.raises(GiftChanged):
            content.refuse_what_cannot_run(draft.advertiser, steps.spec_of(draft.answers), at=draft.created_at)
        assert submit(web, draft).status_code == 302
        assert Campaign.objects.count() == 0
        (problem,) = steps.problems(steps.BY_SLUG["reward"], draft.answers, at=draft.created_at)
        assert "다시 골라 주세요" in problem.sentence

    def test_adv_30_a_duplicate_says_what_is_not_to_be_had_any_more(self, web, draft, coffee, funded, minji_user, at):
        press(web, draft, "reward", **self.chosen(coffee))
        submit(web, draft)
        Gifticon.objects.update(is_sold=False)
        copied = copies.duplicate(campaign=Campaign.objects.get(), by=minji_user, at=at, key="k")
        assert copied.answers["reward"]["prizes"] == []
        assert any("따뜻한 아메리카노" in left for left in copied.left_out)

    def test_a_program_reads_what_there_is(self, web, coffee):
        told = web.get("/api/v1/prize-catalogue").json()
        named = {"id": str(coffee.public_id), "name": "브루데이 따뜻한 아메리카노", "value_krw": 4_500, "is_limited": False}
        assert told == [named]


class TestByTheApi:
    def test_a_program_finishes_what_a_person_began(self, web, draft):
        address = f"/api/v1/drafts/{draft.public_id}"
        changed = web.patch(address, {"reward": {"prizes": []}}, content_type="application/json")
        assert {"part": "reward", "field": "prizes", "message": "경품을 하나 이상 적어 주세요."} in changed.json()["open"]
        web.patch(address, {"reward": {"prizes": WRITTEN}}, content_type="application/json")
        made = web.post(f"{address}/submit", content_type="application/json")
        assert (made.status_code, made.json()["prizes"]) == (201, 400)
