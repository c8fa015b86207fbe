from datetime import timedelta
from uuid import uuid4

import pytest

from campaigns import services, tokens
from campaigns.models import BudgetSlot, Participation
from campaigns.services import participation as part
from credits import selectors as credits
from credits.models import Entry
from tests import factories
from tests.campaigns.conftest import DEVICE

TODAY = "2026-11-25"


def start(member, campaign, at, device=DEVICE, **more):
    return services.start(member=member.pk, campaign=campaign.public_id, device=device, at=at, **more)


def token_of(taking, at, device=DEVICE):
    return tokens.read(taking.token(at=at), device=device)


def complete(member, campaign, at, device=DEVICE):
    """Start, open, stay, confirm."""
    token = token_of(start(member, campaign, at, device), at, device)
    services.open_landing(member=member.pk, token=token, at=at)
    return services.confirm(member=member.pk, token=token, beats=0, at=at + timedelta(seconds=campaign.dwell_seconds))


class TestStart:
    def test_takes_one_unit_and_fixes_price_tickets_and_dwell(self, running, suji, at):
        taking = start(suji, running, at)
        assert (taking.is_new, taking.state, taking.tickets, taking.dwell_seconds) == (True, "STARTED", 1, 10)
        assert taking.expires_at == at + timedelta(minutes=10)
        row = Participation.objects.get()
        assert (row.price, row.slot, row.attempt, row.device, str(row.charged_on), str(row.period_on)) == (10, 0, 1, DEVICE, TODAY, TODAY)
        slot = BudgetSlot.objects.get()
        assert (slot.taken, slot.returned, slot.confirmed, slot.room) == (1, 0, 0, 99)
        assert row.public_id.version == 7

    def test_gives_no_ticket_and_moves_no_credit(self, running, suji, minji, at):
        before = Entry.objects.count()
        start(suji, running, at)
        assert (credits.member_tickets(suji.pk), credits.balance(minji).held, Entry.objects.count()) == (0, 1_000, before)

    def test_usr_04_pressed_twice_on_one_device_is_one_slot_and_the_same_participation(self, running, suji, at):
        first, second = start(suji, running, at), start(suji, running, at + timedelta(seconds=1))
        assert (second.public_id, second.is_new) == (first.public_id, False)
        assert (Participation.objects.count(), BudgetSlot.objects.get().taken) == (1, 1)

    def test_usr_04_a_second_device_gets_the_reason_and_no_slot(self, running, suji, at):
        start(suji, running, at)
        with pytest.raises(part.OtherDevice, match="다른 기기"):
            start(suji, running, at, device="ios/safari")
        assert (Participation.objects.count(), BudgetSlot.objects.get().taken) == (1, 1)

    def test_usr_04_the_same_identity_on_two_accounts_gets_one_slot_and_the_reason(self, running, at):
        first = factories.MemberFactory(person_hash="a" * 64)
        second = factories.MemberFactory(person_hash="a" * 64)
        start(first, running, at)
        with pytest.raises(part.SamePerson, match="다른 계정"):
            start(second, running, at)
        assert (Participation.objects.get().person_key, BudgetSlot.objects.get().taken) == ("a" * 64, 1)

    def test_members_without_an_identity_check_are_told_apart(self, running, suji, at):
        start(suji, running, at)
        start(factories.MemberFactory(), running, at)
        keys = set(Participation.objects.values_list("person_key", flat=True))
        assert len(keys) == 2
        assert all(len(key) == 64 for key in keys)

    def test_after_finishing_is_refused_until_the_next_day(self, running, suji, at):
        complete(suji, running, at)
        with pytest.raises(part.AlreadyTakenPart, match="이미 참여했어요"):
            start(suji, running, at + timedelta(hours=1))
        assert start(suji, running, at + timedelta(days=1)).is_new

    def test_an_unknown_mission_is_not_found(self, suji, at):
        with pytest.raises(part.MissionNotFound):
            services.start(member=suji.pk, campaign=uuid4(), device=DEVICE, at=at)

    @pytest.mark.parametrize("stop", ["submitted", "paused", "locked", "hidden", "ended", "before", "after", "restricted", "unexposed_yet"])
    def test_a_mission_that_does_not_run_is_closed(self, submit, operator, minji, minji_user, suji, at, stop):
        campaign, moment = submit(starts_at=at - timedelta(hours=1)), at
        if stop != "submitted":
            services.approve(campaign=campaign, by=operator, at=at)
        if stop == "paused":
            services.pause(campaign=campaign, by=minji_user, at=at)
        elif stop == "locked":
            services.lock(campaign=campaign, by=operator, at=at, reason="확인")
        elif stop in ("hidden", "unexposed_yet"):
            later = at + timedelta(hours=1) if stop == "unexposed_yet" else None
            services.set_exposure(
                campaign=campaign, is_exposed=stop != "hidden", order=0, exposed_from=later, exposed_until=None, by=operator, at=at
            )
        elif stop == "ended":
            services.end(campaign=campaign, by=minji_user, at=at)
        elif stop == "before":
            moment = at - timedelta(hours=1, microseconds=1)
        elif stop == "after":
            moment = campaign.ends_at
        elif stop == "restricted":
            minji.restricted_reason = "미수금"
            minji.save()
        with pytest.raises(part.MissionClosed):
            start(suji, campaign, moment)
        assert (Participation.objects.count(), sum(slot.taken for slot in BudgetSlot.objects.all())) == (0, 0)

    def test_begins_an_approved_campaign_that_the_clock_has_not_started_yet(self, submit, operator, suji, at):
        campaign = services.approve(campaign=submit(starts_at=at + timedelta(minutes=5)), by=operator, at=at)
        with pytest.raises(part.MissionClosed):
            start(suji, campaign, at)
        assert start(suji, campaign, at + timedelta(minutes=5)).is_new
        campaign.refresh_from_db()
        assert campaign.state == "RUNNING"

    def test_an_inactive_member_and_an_outdated_token_are_refused(self, running, suji, at):
        suji.tokens_valid_from = at
        suji.save()
        with pytest.raises(part.TokenOutdated):
            start(suji, running, at, issued_at=at - timedelta(seconds=1))
        suji.is_active = False
        suji.save()
        with pytest.raises(part.MemberInactive):
            start(suji, running, at)
        assert BudgetSlot.objects.get().taken == 0

    def test_a_token_of_the_same_second_as_the_sign_up_is_young_enough(self, running, suji, at):
        suji.tokens_valid_from = at + timedelta(milliseconds=700)
        suji.save()
        assert start(suji, running, at, issued_at=at).is_new


class TestSellOut:
    def test_usr_03_with_no_unit_left_the_day_is_closed_and_says_when_it_opens(self, launch, at):
        campaign = launch(daily_cap=20)
        for _ in range(2):
            start(factories.MemberFactory(), campaign, at)
        with pytest.raises(part.MissionClosedToday, match="오늘은 마감됐어요. 00:00에 다시 열려요.") as refusal:
            start(factories.MemberFactory(), campaign, at)
        assert refusal.value.context == {"reopens_at": "2026-11-26T00:00:00+09:00"}
        assert (Participation.objects.count(), BudgetSlot.objects.get().room) == (2, 0)

    def test_a_member_who_takes_part_is_not_told_that_it_is_closed(self, launch, suji, at):
        campaign = launch(daily_cap=10)
        first = start(suji, campaign, at)
        assert start(suji, campaign, at).public_id == first.public_id

    def test_with_the_whole_budget_gone_it_says_so(self, launch, at):
        campaign = launch(budget=20)
        for _ in range(2):
            start(factories.MemberFactory(), campaign, at)
        with pytest.raises(part.MissionSoldOut):
            start(factories.MemberFactory(), campaign, at)

    def test_an_empty_slot_sends_the_member_to_another_one(self, launch, large_days, at):
        campaign = launch(budget=160)
        campaign.refresh_from_db()
        assert campaign.poured_slots == 16
        members = [factories.MemberFactory() for _ in range(16)]
        for _ in range(2):
            members.append(factories.MemberFactory())
        taken = [start(member, campaign, at) for member in members[:16]]
        assert len({taking.public_id for taking in taken}) == 16
        assert all(slot.room == 0 for slot in BudgetSlot.objects.all())
        with pytest.raises(part.MissionSoldOut):
            start(members[16], campaign, at)


class TestOpenAndConfirm:
    def test_usr_01_a_long_enough_stay_is_confirmed_and_pays_at_once(self, running, suji, at):
        token = token_of(start(suji, running, at), at)
        opened = services.open_landing(member=suji.pk, token=token, at=at + timedelta(seconds=2))
        assert opened.landing_url == "https://coffee.example.com/hello"
        done = services.confirm(member=suji.pk, token=token, beats=2, at=at + timedelta(seconds=14))
        assert (done.state, done.is_new, done.tickets, done.score) == ("REWARDED", True, 1, 100)
        assert credits.member_tickets(suji.pk) == 1
        row, entry = Participation.objects.get(), Entry.objects.get(kind="TICKET_GRANT")
        assert (row.grant_entry_id, entry.idempotency_key) == (entry.pk, f"participation:{row.public_id}:grant")
        assert (entry.reason, entry.occurred_at) == ("민지네 커피 구경하기", at + timedelta(seconds=14))
        slot = BudgetSlot.objects.get()
        assert (slot.taken, slot.confirmed, slot.confirmed_credits) == (1, 1, 10)

    def test_usr_02_too_short_a_stay_says_how_much_is_missing_and_changes_nothing(self, running, suji, at):
        token = token_of(start(suji, running, at), at)
        services.open_landing(member=suji.pk, token=token, at=at)
        before = Participation.objects.values().get()
        with pytest.raises(part.TooShort, match="6초를 더") as refusal:
            services.confirm(member=suji.pk, token=token, beats=0, at=at + timedelta(seconds=4))
        assert refusal.value.context == {"missing_seconds": 6}
        assert Participation.objects.values().get() == before
        assert (credits.member_tickets(suji.pk), BudgetSlot.objects.get().confirmed) == (0, 0)

    def test_usr_02_a_second_less_is_too_short_and_the_exact_stay_is_enough(self, running, suji, at):
        token = token_of(start(suji, running, at), at)
        services.open_landing(member=suji.pk, token=token, at=at)
        with pytest.raises(part.TooShort) as refusal:
            services.confirm(member=suji.pk, token=token, beats=0, at=at + timedelta(seconds=9))
        assert refusal.value.context == {"missing_seconds": 1}
        assert services.confirm(member=suji.pk, token=token, beats=0, at=at + timedelta(seconds=10)).state == "REWARDED"

    def test_usr_02_done_without_having_opened_is_refused(self, running, suji, at):
        token = token_of(start(suji, running, at), at)
        with pytest.raises(part.NotOpened):
            services.confirm(member=suji.pk, token=token, beats=0, at=at + timedelta(minutes=1))
        assert credits.member_tickets(suji.pk) == 0

    def test_usr_02_may_be_tried_again_by_opening_again(self, running, suji, at):
        token = token_of(start(suji, running, at), at)
        services.open_landing(member=suji.pk, token=token, at=at)
        services.open_landing(member=suji.pk, token=token, at=at + timedelta(seconds=20))
        with pytest.raises(part.TooShort) as refusal:
            services.confirm(member=suji.pk, token=token, beats=0, at=at + timedelta(seconds=29, milliseconds=1))
        assert refusal.value.context == {"missing_seconds": 1}
        assert services.confirm(member=suji.pk, token=token, beats=0, at=at + timedelta(seconds=30)).is_new

    def test_confirming_again_returns_the_same_and_pays_once(self, running, suji, at):
        first = complete(suji, running, at)
        token = token_of(first, at)
        again = services.confirm(member=suji.pk, token=token, beats=0, at=at + timedelta(hours=3))
        assert (again.public_id, again.confirmed_at, again.is_new) == (first.public_id, first.confirmed_at, False)
        assert (credits.member_tickets(suji.pk), Entry.objects.filter(kind="TICKET_GRANT").count()) == (1, 1)
        assert BudgetSlot.objects.get().confirmed == 1

    def test_after_the_slot_life_it_is_refused(self, running, suji, at):
        token = token_of(start(suji, running, at), at)
        services.open_landing(member=suji.pk, token=token, at=at)
        with pytest.raises(part.ParticipationExpired):
            services.confirm(member=suji.pk, token=token, beats=0, at=at + timedelta(minutes=10))
        assert credits.member_tickets(suji.pk) == 0

    def test_another_members_token_is_worth_nothing(self, running, suji, at):
        token = token_of(start(suji, running, at), at)
        services.open_landing(member=suji.pk, token=token, at=at)
        other = factories.MemberFactory()
        with pytest.raises(part.ParticipationNotFound):
            services.confirm(member=other.pk, token=token, beats=0, at=at + timedelta(seconds=20))
        assert (credits.member_tickets(other.pk), credits.member_tickets(suji.pk)) == (0, 0)

    def test_a_token_of_an_earlier_attempt_is_refused(self, running, suji, at):
        old = token_of(start(suji, running, at), at)
        later = at + timedelta(minutes=11)
        assert start(suji, running, later).attempt == 2
        services.open_landing(member=suji.pk, token=token_of(start(suji, running, later), later), at=later)
        with pytest.raises(part.ParticipationExpired):
            services.confirm(member=suji.pk, token=old, beats=0, at=later + timedelta(minutes=1))

    def test_a_member_signed_out_everywhere_cannot_confirm_with_the_old_token(self, running, suji, at):
        token = token_of(start(suji, running, at), at)
        services.open_landing(member=suji.pk, token=token, at=at)
        suji.tokens_valid_from = at + timedelta(seconds=5)
        suji.save()
        with pytest.raises(part.TokenOutdated):
            services.confirm(member=suji.pk, token=token, beats=0, at=at + timedelta(seconds=20))
        assert credits.member_tickets(suji.pk) == 0

    def test_beats_raise_the_score_and_their_absence_never_refuses(self, running, at):
        scores = {}
        for beats in (0, 1, 2):
            member = factories.MemberFactory()
            token = token_of(start(member, running, at), at)
            services.open_landing(member=member.pk, token=token, at=at)
            scores[beats] = services.confirm(member=member.pk, token=token, beats=beats, at=at + timedelta(seconds=10)).score
        assert scores == {0: 60, 1: 80, 2: 100}


class TestExpire:
    def test_returns_the_unit_and_the_member_may_start_again(self, launch, suji, at):
        campaign = launch(budget=10)
        start(suji, campaign, at)
        late = at + timedelta(minutes=10)
        assert services.expire(campaign=campaign, at=late - timedelta(microseconds=1)) == 0
        assert services.expire(campaign=campaign, at=late) == 1
        slot = BudgetSlot.objects.get()
        assert (slot.taken, slot.returned, slot.room, Participation.objects.get().state) == (1, 1, 1, "EXPIRED")
        again = start(suji, campaign, late)
        assert (again.attempt, again.is_new, BudgetSlot.objects.get().room) == (2, True, 0)

    def test_an_overdue_start_is_cleared_away_by_starting_again(self, running, suji, at):
        first = start(suji, running, at)
        again = start(suji, running, at + timedelta(minutes=30))
        assert (again.public_id, again.attempt, BudgetSlot.objects.get().returned) == (first.public_id, 2, 1)

    def test_leaves_confirmed_ones_alone(self, running, suji, at):
        complete(suji, running, at)
        assert services.expire(campaign=running, at=at + timedelta(days=2)) == 0
        assert Participation.objects.get().state == "REWARDED"
