""" "The reward did not come": fifteen stories, each answered at once by rule, by the house's goodwill, or with an inquiry."""

from datetime import timedelta
from functools import partial
from threading import Barrier

import pytest
import time_machine

from campaigns import goodwill, services, timeline
from campaigns.models import Evidence, FraudSignal, Participation, RewardClaim
from campaigns.services import claims, conversions, participation
from common.models import DatedSetting
from credits import proof
from credits import selectors as balances
from credits.models import Entry
from inquiries.models import Inquiry
from rewards.app_auth import MemberInactive
from rewards.services import leave
from tests import factories
from tests.app import Phone
from tests.campaigns.photographs import photograph
from tests.campaigns.racing import tally, together
from tests.campaigns.test_answers import begin
from tests.campaigns.test_participation import complete, start, token_of
from tests.campaigns.test_postbacks import click_of, tell, told
from tests.signing_in import browser

LATE = timedelta(hours=24 + 73)  # after the time ran out and after the hours in which a late postback pays by itself


def asked(member, at):
    return services.claim_reward(member=member, participation=Participation.objects.get(member_id=member.pk).public_id, at=at)


def answer(member, at):
    found = asked(member, at)
    return found.decision, found.words


def opened(member, campaign, at):
    token = token_of(start(member, campaign, at), at)
    services.open_landing(member=member.pk, token=token, at=at)
    return token


class TestByRule:
    def test_usr_16_1_the_tickets_are_there(self, running, suji, at):
        complete(suji, running, at)
        assert answer(suji, at) == ("HERE", "11월 25일 12:00에 티켓 1장이 들어왔어요. 내 티켓에서 볼 수 있어요.")

    def test_usr_16_2_the_page_was_not_opened_yet(self, running, suji, at):
        start(suji, running, at)
        assert answer(suji, at) == ("UNFINISHED", "아직 끝나지 않았어요. 11월 25일 12:10까지 광고 페이지를 열어 주세요.")

    def test_usr_16_3_the_stay_is_not_over(self, running, suji, at):
        opened(suji, running, at)
        words = "아직 끝나지 않았어요. 6초를 더 머문 뒤 돌아와 참여 완료를 눌러 주세요. 11월 25일 12:10까지 할 수 있어요."
        assert answer(suji, at + timedelta(seconds=4)) == ("UNFINISHED", words)

    def test_usr_16_4_the_stay_is_over_and_nobody_came_back(self, running, suji, at):
        opened(suji, running, at)
        words = "아직 끝나지 않았어요. 미션으로 돌아와 참여 완료를 눌러 주세요. 11월 25일 12:10까지 할 수 있어요."
        assert answer(suji, at + timedelta(seconds=40)) == ("UNFINISHED", words)

    def test_usr_16_5_the_time_ran_out_before_the_page_was_opened(self, running, suji, at):
        start(suji, running, at)
        assert answer(suji, at + timedelta(minutes=11)) == ("NO", "광고 페이지를 열지 않아 참여가 시작되지 않았어요.")

    def test_usr_16_6_the_time_ran_out_after_it_was_opened(self, running, suji, at):
        opened(suji, running, at)
        services.expire(campaign=running, at=at + timedelta(minutes=11))
        assert answer(suji, at + timedelta(hours=1)) == ("NO", "10초를 머문 뒤 돌아와 참여 완료를 누른 기록이 없어요.")

    def test_usr_16_7_the_answer_was_never_right(self, launch, suji, at):
        begin(suji, launch(type="QUIZ"), at)
        assert answer(suji, at + timedelta(days=1)) == ("NO", "맞는 답을 보내기 전에 참여 시간이 지났어요.")

    def test_usr_16_8_no_picture_was_sent(self, launch, suji, at):
        begin(suji, launch(type="PROOF"), at)
        assert answer(suji, at + timedelta(days=15)) == ("NO", "사진을 보내기 전에 참여 시간이 지났어요.")

    def test_usr_16_9_a_picture_waits_until_a_day(self, launch, suji, at):
        services.picture(member=suji.pk, token=begin(suji, launch(type="PROOF"), at), upload=photograph(1), at=at)
        found = asked(suji, at)
        assert (found.decision, found.until) == ("WAIT", at + timedelta(hours=336))
        assert found.words == "참여를 확인하고 있어요. 늦어도 12월 9일 12:00까지 알려 드려요."

    def test_usr_16_10_a_picture_that_nobody_looked_at_in_time_is_asked_about(self, launch, suji, at):
        services.picture(member=suji.pk, token=begin(suji, launch(type="PROOF"), at), upload=photograph(1), at=at)
        assert answer(suji, at + timedelta(hours=336)) == ("ASKED", "확인이 약속한 때보다 늦어져서 운영팀에 알렸어요.")
        assert Inquiry.objects.get().asker == suji.user

    def test_usr_16_11_a_picture_was_refused_with_a_reason(self, launch, suji, operator, at):
        services.picture(member=suji.pk, token=begin(suji, launch(type="PROOF"), at), upload=photograph(1), at=at)
        services.decide_evidence(evidence=Evidence.objects.get(), is_fine=False, by=operator, at=at, reason="영수증이 아니에요.")
        assert answer(suji, at) == ("NO", "기준에 맞지 않아 인정되지 않았어요. 영수증이 아니에요.")

    def test_usr_16_12_it_was_taken_back(self, running, suji, operator, at):
        complete(suji, running, at)
        services.capture_due(campaign=running, at=at)
        number = Participation.objects.get().public_id
        services.invalidate(campaign=running, participations=[number], is_fraud=False, by=operator, at=at, reason="같은 사진이에요.")
        assert answer(suji, at) == ("NO", "참여가 취소됐어요. 같은 사진이에요.")

    def test_usr_14_13_the_advertiser_has_still_time_to_tell(self, launch, suji, at):
        click_of(suji, launch(type="ACTION"), at)
        found = asked(suji, at + timedelta(hours=5))
        assert (found.decision, found.until) == ("WAIT", at + timedelta(hours=24))

    def test_usr_15_14_the_advertiser_told_late_and_goodwill_paid_by_itself(self, launch, suji, at):
        action = launch(type="ACTION")
        tell(action, click_of(suji, action, at), at + timedelta(hours=25))
        assert answer(suji, at + timedelta(hours=26)) == ("HERE", "늦은 확인을 럭플이 보상해서 티켓 1장이 이미 들어왔어요.")

    def test_usr_16_15_the_advertiser_told_nothing_so_somebody_asks_with_the_time_line(self, launch, suji, at):
        click_of(suji, launch(type="ACTION"), at)
        found = asked(suji, at + timedelta(hours=30))
        assert (found.decision, found.words) == ("ASKED", "광고주가 아직 알려 오지 않았어요. 운영팀이 광고주에게 확인해요.")
        inquiry = Inquiry.objects.get()
        assert (inquiry.kind, inquiry.topic, inquiry.about) == ("MEMBER", "REWARD", f"participation:{found.participation}")
        text = inquiry.messages.get().text
        assert "2026-11-25 12:00:00 광고 페이지를 열었어요." in text
        assert "2026-11-26 12:00:00 참여 시간이 지났어요." in text
        assert asked(suji, at + timedelta(hours=31)).inquiry == inquiry
        assert (Inquiry.objects.count(), RewardClaim.objects.count()) == (1, 1)


@pytest.fixture
def too_late(launch, suji, at):
    """A conversion that was told after the hours in which it pays by itself."""
    action = launch(type="ACTION")
    assert tell(action, click_of(suji, action, at), at + LATE) == "TOO_LATE"
    return action


class TestGoodwill:
    def test_usr_15_pays_a_conversion_that_was_told_too_late_and_bills_nobody(self, too_late, suji, minji, at):
        found = asked(suji, at + LATE)
        assert (found.decision, found.tickets, balances.member_tickets(suji.pk)) == ("GOODWILL", 1, 1)
        assert (found.entry.idempotency_key, found.entry.reason) == (f"goodwill:{found.participation}:grant", too_late.title)
        assert (services.capture_due(campaign=too_late, at=at + LATE), balances.balance(minji).held) == (0, 1_000)
        assert asked(suji, at + LATE).decision == "HERE"
        assert (balances.member_tickets(suji.pk), proof.run().differences) == (1, [])

    def test_usr_15_is_not_paid_again_by_a_postback_that_comes_after_it(self, launch, suji, at):
        action = launch(type="ACTION")
        click = click_of(suji, action, at)
        DatedSetting.objects.create(
            name="campaigns.late_postback_goodwill_hours", value=0, effective_from=at - timedelta(days=1), reason="test"
        )
        assert tell(action, click, at + timedelta(hours=25)) == "TOO_LATE"
        assert asked(suji, at + timedelta(hours=26)).decision == "GOODWILL"
        DatedSetting.objects.update(value=72)
        assert tell(action, click, at + timedelta(hours=27), transaction="t-2") == "REPEATED"
        assert balances.member_tickets(suji.pk) == 1

    def test_usr_15_what_it_paid_is_not_started_and_earned_again(self, too_late, suji, at):
        asked(suji, at + LATE)
        with pytest.raises(participation.PaidByGoodwill):
            start(suji, too_late, at + LATE)
        assert (Participation.objects.get().attempt, balances.member_tickets(suji.pk)) == (1, 1)

    def test_what_nobody_paid_may_be_started_again(self, too_late, suji, at):
        assert start(suji, too_late, at + LATE).attempt == 2
        assert asked(suji, at + LATE).decision == "UNFINISHED"

    @pytest.mark.parametrize("limit", ["campaigns.goodwill_tickets", "campaigns.goodwill_times"])
    def test_usr_16_above_its_limits_somebody_looks(self, too_late, suji, at, limit):
        DatedSetting.objects.create(name=limit, value=0, effective_from=at, reason="test")
        assert answer(suji, at + LATE) == ("ASKED", "자동으로 보상할 수 있는 한도를 넘어 운영팀이 확인해요.")
        assert (balances.member_tickets(suji.pk), Inquiry.objects.count()) == (0, 1)

    def test_usr_16_long_after_it_somebody_looks(self, too_late, suji, at):
        assert asked(suji, at + timedelta(hours=24, days=14)).decision == "ASKED"
        assert balances.member_tickets(suji.pk) == 0

    def test_usr_16_what_was_doubted_is_looked_at(self, too_late, suji, at):
        row = Participation.objects.get()
        FraudSignal.objects.create(
            participation=row.public_id, campaign=too_late, member_id=suji.pk, attempt=1, code="postback.cancelled", penalty=100, at=at
        )
        assert asked(suji, at + LATE).decision == "ASKED"

    def test_of_others_is_not_found_and_who_left_asks_nothing(self, too_late, suji, at):
        with pytest.raises(services.ParticipationNotFound):
            services.claim_reward(member=factories.MemberFactory(), participation=Participation.objects.get().public_id, at=at)
        leave(member=suji, at=at)
        with pytest.raises(MemberInactive):
            asked(suji, at + LATE)


class TestLateAndDoubted:
    """What would wait for people in time is not paid by the house when it comes late."""

    @pytest.mark.parametrize("hours", [25, 24 + 73])
    def test_usr_15_is_not_paid_by_the_house_and_somebody_looks(self, launch, suji, at, hours):
        action, late = launch(type="ACTION"), at + timedelta(hours=hours)
        doubted = told(action, click_of(suji, action, at), late, doubts={"airbridge.fraud": 100})
        assert conversions.receive(network="hmac", told=doubted, at=late).outcome == "TOO_LATE"
        assert [(one.code, one.penalty) for one in FraudSignal.objects.all()] == [("airbridge.fraud", 100)]
        assert answer(suji, late) == ("ASKED", "광고주가 늦게 알려 와서 운영팀이 확인해요.")
        assert (balances.member_tickets(suji.pk), Inquiry.objects.count()) == (0, 1)

    def test_usr_15_nor_is_one_that_was_doubted_before(self, launch, suji, at):
        action, late = launch(type="ACTION"), at + timedelta(hours=25)
        click, row = click_of(suji, action, at), Participation.objects.get()
        FraudSignal.objects.create(
            participation=row.public_id, campaign=action, member_id=suji.pk, attempt=1, code="postback.cancelled", penalty=40, at=at
        )
        assert (tell(action, click, late), balances.member_tickets(suji.pk)) == ("TOO_LATE", 0)


class TestLimitsOfWhatCameLate:
    """An advertiser whose conversions all come late costs the house no more than one whose members ask."""

    @pytest.fixture
    def actions(self, launch):
        return [launch(key=f"늦은 미션 {n}", title=f"늦은 미션 {n}", type="ACTION", budget=200) for n in range(5)]

    @pytest.fixture
    def twice(self, at):
        DatedSetting.objects.create(name="campaigns.goodwill_times", value=2, effective_from=at - timedelta(days=1), reason="test")

    def test_usr_16_a_member_is_paid_by_itself_three_times_in_thirty_days(self, actions, suji, at):
        clicks, late = [click_of(suji, one, at) for one in actions], at + timedelta(hours=25)
        outcomes = [tell(one, click, late) for one, click in zip(actions, clicks, strict=True)]
        assert outcomes == ["LATE_PAID"] * 3 + ["TOO_LATE"] * 2
        row = Participation.objects.get(campaign=actions[3])
        claim = services.claim_reward(member=suji, participation=row.public_id, at=late)
        assert (claim.decision, claim.words) == ("ASKED", "자동으로 보상할 수 있는 한도를 넘어 운영팀이 확인해요.")
        assert (balances.member_tickets(suji.pk), proof.run().differences) == (3, [])

    def test_usr_16_what_the_member_asked_for_counts_too(self, actions, twice, suji, at):
        clicks, late = [click_of(suji, one, at) for one in actions], at + LATE
        assert tell(actions[0], clicks[0], late) == "TOO_LATE"
        row = Participation.objects.get(campaign=actions[0])
        assert services.claim_reward(member=suji, participation=row.public_id, at=late).decision == "GOODWILL"
        outcomes = [tell(one, click, at + timedelta(hours=25)) for one, click in zip(actions[1:3], clicks[1:3], strict=True)]
        assert (outcomes, balances.member_tickets(suji.pk)) == (["LATE_PAID", "TOO_LATE"], 2)

    def test_usr_16_tickets_are_limited_as_well_and_after_thirty_days_it_begins_anew(self, actions, suji, at):
        DatedSetting.objects.create(name="campaigns.goodwill_tickets", value=1, effective_from=at - timedelta(days=1), reason="test")
        clicks, late = [click_of(suji, one, at) for one in actions[:2]], at + timedelta(hours=25)
        assert [tell(one, click, late) for one, click in zip(actions, clicks, strict=False)] == ["LATE_PAID", "TOO_LATE"]
        row = Participation.objects.get(campaign=actions[1])
        assert [goodwill.is_used_up(row, at=late + timedelta(days=days)) for days in (29, 30)] == [True, False]

    def test_usr_16_told_all_at_once_they_are_counted_one_by_one(self, transactional_db, actions, twice, suji, at):
        clicks, late = [click_of(suji, one, at) for one in actions], at + timedelta(hours=25)
        outcomes = together([partial(tell, one, click, late) for one, click in zip(actions, clicks, strict=True)])
        assert sorted(outcomes) == ["LATE_PAID"] * 2 + ["TOO_LATE"] * 3
        assert balances.member_tickets(suji.pk) == 2

    def test_without_the_lock_on_the_member_more_would_be_paid(self, transactional_db, actions, twice, suji, at, monkeypatch):
        clicks, late = [click_of(suji, one, at) for one in actions], at + timedelta(hours=25)
        monkeypatch.setattr("django.db.models.query.QuerySet.select_for_update", lambda self, *args, **kwargs: self.all())
        counted = goodwill.is_used_up
        together_now = Barrier(5, timeout=20)

        def slowly(row, *, at):
            answer = counted(row, at=at)
            together_now.wait()
            return answer

        monkeypatch.setattr(goodwill, "is_used_up", slowly)
        outcomes = together([partial(tell, one, click, late) for one, click in zip(actions, clicks, strict=True)])
        assert outcomes.count("LATE_PAID") > 2


class TestAtOnce:
    def test_eight_presses_are_paid_once(self, transactional_db, too_late, suji, at):
        outcomes = tally(together([lambda: asked(suji, at + LATE)] * 8))
        assert outcomes == {"won": 8}
        assert (RewardClaim.objects.filter(decision="GOODWILL").count(), balances.member_tickets(suji.pk)) == (1, 1)

    def test_without_the_locks_they_would_collide(self, transactional_db, too_late, suji, at, monkeypatch):
        monkeypatch.setattr("django.db.models.query.QuerySet.select_for_update", lambda self, *args, **kwargs: self.all())
        judged, judge = Barrier(8, timeout=20), claims.judge

        def slowly(row, *, at):
            answer = judge(row, at=at)
            judged.wait()
            return answer

        monkeypatch.setattr(claims, "judge", slowly)
        outcomes = tally(together([lambda: asked(suji, at + LATE)] * 8))
        assert outcomes.get("won", 0) < 8


class TestDoors:
    def test_the_page_tells_the_story_and_answers(self, running, suji, at):
        opened(suji, running, at)
        row = Participation.objects.get()
        client, page = browser(suji.user), f"/luckffle/participations/{row.public_id}/"
        with time_machine.travel(at + timedelta(minutes=20), tick=False):
            assert running.title in client.get("/luckffle/participations/").content.decode()
            assert "참여 시간이 지났어요." in client.get(page).content.decode()
            said = client.post(f"{page}claim/", follow=True)
        assert "10초를 머문 뒤 돌아와 참여 완료를 누른 기록이 없어요." in said.content.decode()
        assert browser(factories.MemberFactory().user).get(page).status_code == 404

    def test_the_app_tells_the_same(self, running, suji, at):
        complete(suji, running, at)
        row = Participation.objects.get()
        with time_machine.travel(at + timedelta(minutes=1), tick=False):
            phone = Phone(suji)
            assert phone.post(f"/participations/{row.public_id}/claim").json()["decision"] == "HERE"
            story = phone.get(f"/participations/{row.public_id}/timeline").json()
            assert phone.get("/participations/waiting").json() == {"count": 0, "tickets": 0}
        assert [moment["text"] for moment in story["moments"]][:2] == ["참여를 시작했어요.", "광고 페이지를 열었어요."]
        assert [claim["decision"] for claim in story["claims"]] == ["HERE"]
        assert Phone(factories.MemberFactory()).post(f"/participations/{row.public_id}/claim").status_code == 404

    def test_a_story_takes_at_most_five_queries(self, running, suji, at, django_assert_max_num_queries):
        complete(suji, running, at)
        row = Participation.objects.get()
        with django_assert_max_num_queries(5):
            timeline.of(row, at=at)


def test_goodwill_moves_one_entry(too_late, suji, at):
    before = Entry.objects.count()
    asked(suji, at + LATE)
    assert Entry.objects.count() - before == 1
