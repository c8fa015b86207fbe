"""What waits for a person does not wait for ever: a rule decides when its time is over, and ended campaigns settle by it."""

from datetime import timedelta

import pytest

from campaigns import services
from campaigns.models import BudgetSlot, Evidence, FraudSignal, Participation
from campaigns.postbacks import keys
from campaigns.postbacks.networks import Told
from campaigns.services import clock, conversions, postbacks, quarantine
from campaigns.services.checking import EvidenceDecided
from common.models import DatedSetting
from credits import proof
from credits import selectors as credits
from identity.models import Notification
from tests.campaigns.racing import tally, together
from tests.campaigns.test_answers import begin
from tests.campaigns.test_pictures import _a_place_for_files, send  # noqa: F401 (a fixture)
from tests.campaigns.test_postbacks import click_of

DAY = timedelta(days=1)


@pytest.fixture
def install(launch):
    return launch(type="INSTALL")


def hold_back(member, campaign, at, **changes):
    """An install right after the click: it waits in quarantine."""
    key = keys.key_of(campaign, is_test=False)
    told = Told(key=key, click_id=click_of(member, campaign, at), event="install", proof=keys.token_of(key), **changes)
    assert conversions.receive(network="airbridge", told=told, at=at).outcome == "HELD"
    return Evidence.objects.get(member_id=member.pk)


def setting(name, value, at):
    DatedSetting.objects.create(name=name, value=value, effective_from=at - DAY, reason="test")


class TestAnEnd:
    def test_comes_by_itself_after_a_day_and_one_doubt_alone_passes(self, install, suji, at):
        hold_back(suji, install, at)
        assert clock.end_quarantines(at=at + DAY - timedelta(seconds=1)) == 0
        assert clock.end_quarantines(at=at + DAY) == 1
        row = Evidence.objects.get()
        assert (row.verdict, row.decided_by, row.rule, row.decided_at) == ("APPROVED", None, "quarantine.time_over", at + DAY)
        assert (Participation.objects.get().state, credits.member_tickets(suji.pk)) == ("REWARDED", 1)
        assert clock.end_quarantines(at=at + DAY) == 0

    def test_refuses_what_is_doubted_twice_and_the_member_reads_why(self, install, suji, at):
        hold_back(suji, install, at, doubts={"airbridge.not_first": 60})
        clock.end_quarantines(at=at + DAY)
        slot = BudgetSlot.objects.get()
        assert (Participation.objects.get().state, slot.returned, credits.member_tickets(suji.pk)) == ("REFUSED", 1, 0)
        notice = Notification.objects.get(user=suji.user, kind="campaigns.mission_refused")
        assert "처음 설치한 기기가 아니라고 해요" in notice.body
        assert "너무 빨리 설치됐어요" in notice.body

    def test_counts_what_was_learnt_meanwhile(self, install, suji, minji_user, at):
        """A late postback that takes the conversion back while it waits decides it."""
        row = hold_back(suji, install, at)
        postbacks.add_event(campaign=install, name="uninstall", meaning="CANCEL", by=minji_user, at=at)
        key = keys.key_of(install, is_test=False)
        click = keys.Click(row.participation, row.attempt).text
        told = Told(key=key, click_id=click, event="uninstall", proof=keys.token_of(key))
        assert conversions.receive(network="airbridge", told=told, at=at + timedelta(hours=20)).outcome == "CANCELLED"
        clock.end_quarantines(at=at + DAY)
        assert (Participation.objects.get().state, Evidence.objects.get().verdict) == ("REFUSED", "REFUSED")

    def test_follows_the_settings_of_the_moment(self, install, suji, at):
        setting("campaigns.quarantine_hours", 2, at)
        setting("campaigns.quarantine_pass_from", 41, at)
        hold_back(suji, install, at)
        assert clock.end_quarantines(at=at + timedelta(hours=2)) == 1
        assert Participation.objects.get().state == "REFUSED"

    def test_of_a_picture_comes_after_two_weeks(self, launch, suji, settings, tmp_path, at):
        settings.MEDIA_ROOT = tmp_path
        campaign = launch(type="PROOF")
        send(suji, begin(suji, campaign, at), 1, at)
        assert clock.end_quarantines(at=at + timedelta(days=13)) == 0
        assert clock.end_quarantines(at=at + timedelta(days=14)) == 1
        assert Participation.objects.get().state == "REWARDED"

    def test_leaves_alone_what_a_person_decided(self, install, suji, operator, at):
        row = hold_back(suji, install, at)
        services.decide_evidence(evidence=row, is_fine=False, by=operator, at=at, reason="확인이 안 돼요")
        assert clock.end_quarantines(at=at + DAY) == 0
        with pytest.raises(EvidenceDecided):
            quarantine.end(row=row, at=at + DAY)
        assert Evidence.objects.get().reason == "확인이 안 돼요"


class TestACampaignThatEnded:
    def test_settles_when_the_last_doubt_is_decided_and_its_unit_comes_back(self, install, suji, minji, minji_user, at):
        hold_back(suji, install, at, doubts={"airbridge.not_first": 60})
        services.end(campaign=install, by=minji_user, at=at + timedelta(hours=1))
        clock.settle(at=at + timedelta(hours=1))
        install.refresh_from_db()
        assert (install.state, credits.balance(minji).held) == ("ENDED", 200), "its price is still on hold"
        clock.end_quarantines(at=at + DAY)
        clock.settle(at=at + DAY)
        install.refresh_from_db()
        assert (install.state, credits.balance(minji).held, credits.balance(minji).available) == ("SETTLED", 0, 1_000)

    def test_pays_and_charges_one_that_passes_after_the_end(self, install, suji, minji, minji_user, at):
        hold_back(suji, install, at)
        services.end(campaign=install, by=minji_user, at=at + timedelta(hours=1))
        clock.end_quarantines(at=at + DAY)
        clock.settle(at=at + DAY)
        install.refresh_from_db()
        assert (install.state, install.captured_credits, credits.balance(minji).available) == ("SETTLED", 200, 800)

    def test_tells_of_no_late_conversion_twice(self, install, suji, minji_user, at):
        """A conversion told again after the rule refused it moves nothing."""
        row = hold_back(suji, install, at, doubts={"airbridge.not_first": 60})
        clock.end_quarantines(at=at + DAY)
        key = keys.key_of(install, is_test=False)
        again = Told(key=key, click_id=keys.Click(row.participation, row.attempt).text, event="install", proof=keys.token_of(key))
        assert conversions.receive(network="airbridge", told=again, at=at + DAY).outcome == "REPEATED"
        assert (credits.member_tickets(suji.pk), FraudSignal.objects.count()) == (0, 2)


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_a_person_and_the_clock_decide_once(self, install, suji, operator, at):
        row = hold_back(suji, install, at)
        deeds = [
            lambda: services.decide_evidence(evidence=row, is_fine=False, by=operator, at=at + DAY, reason="아니에요"),
            lambda: quarantine.end(row=row, at=at + DAY),
        ] * 4
        assert tally(together(deeds)) == {"won": 1, "evidence.decided": 7}
        slot, state = BudgetSlot.objects.get(), Participation.objects.get().state
        assert (state, slot.confirmed, slot.returned) in (("REWARDED", 1, 0), ("REFUSED", 0, 1))
        assert proof.run().differences == []
