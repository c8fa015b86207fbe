"""What operators say to many: the law in the text, the segment, the schedule, the night in the middle, and the stop."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction

from common.errors import DomainError
from common.models import Effect
from identity import consents
from identity.models import Notification
from rewards import push
from rewards.models import Member, PushDelivery, PushMessage
from rewards.models.push import OPT_OUT
from rewards.push import composing, sending, telling
from rewards.push.composing import PushIn
from rewards.push.segments import Segment
from tests import factories
from tests.doubler import run_doubled
from tests.rewards.push_world import EVENING, MORNING, NIGHT, NOON, clock, company, identity_sandbox, phone, states, wants
from tests.rewards.test_races_raffles import together

__all__ = ["clock", "company", "identity_sandbox"]
MINUTE = timedelta(minutes=1)


def written(operator, *, key="form-0001", **facts):
    title, body = push.labelled("가을 혜택", "오늘만 티켓을 두 배로 드려요.")
    return push.compose(wish=PushIn(key=key, **{"title": title, "body": body, **facts}), by=operator, at=NOON)


def reader(number, **facts):
    """A member with a phone who wants ads."""
    member = factories.MemberFactory(**facts)
    phone(member, f"ok-{number}")
    wants(member)
    return member


def await_waiting():
    """Until another connection waits for a row of ours."""
    deadline = time.monotonic() + 20
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype IN ('transactionid', 'tuple')")
            if cursor.fetchone()[0]:
                return
            time.sleep(0.02)
    raise AssertionError("nobody waited")


def refusal(code):
    return pytest.raises(DomainError, check=lambda raised: raised.code == code)


class TestTheText:
    def test_begins_with_the_label_and_ends_with_the_way_out(self, operator):
        message = written(operator)
        assert (message.title, message.body.splitlines()[-1], message.state) == ("(광고) 럭플 가을 혜택", OPT_OUT, "DRAFT")
        assert push.labelled(message.title, message.body) == (message.title, message.body)

    @pytest.mark.parametrize(
        ("facts", "code"),
        [
            ({"title": "가을 혜택"}, "push.label_missing"),
            ({"title": "[광고] 가을"}, "push.label_missing"),
            ({"title": "혜택 (광고)"}, "push.label_missing"),
            ({"body": "오늘만"}, "push.opt_out_missing"),
            ({"body": f"{OPT_OUT}\n오늘만"}, "push.opt_out_missing"),
        ],
    )
    def test_ops_20_without_either_is_refused_and_not_written(self, operator, facts, code):
        with refusal(code):
            written(operator, **facts)
        assert PushMessage.objects.count() == 0

    def test_sent_twice_by_the_form_is_one_message(self, operator):
        assert written(operator) == written(operator)

    @pytest.mark.parametrize("url", ["https://evil.example/", "//evil.example/", "/backoffice/", "/luckffle/../x?y"])
    def test_leads_into_the_members_portal_only(self, operator, url):
        with pytest.raises(ValueError, match="url"):
            written(operator, url=url)


class TestASegment:
    def test_holds_members_with_phones_who_want_ads(self, db):
        reader(1)
        phone(factories.MemberFactory(), "ok-2")  # never agreed
        wants(factories.MemberFactory())  # has no phone
        withdrawn = reader(3)
        wants(withdrawn, given=False, at=NOON)
        gone = reader(4)
        Member.objects.filter(pk=gone.pk).update(is_active=False)
        assert push.reach(Segment(), at=NOON).members == 1

    def test_can_be_narrowed(self, db):
        reader(1, region="SEOUL", sex="FEMALE", birth_year=1990)
        reader(2, region="BUSAN", sex="MALE", birth_year=1980)
        reader(3)
        for segment, expected in (
            (Segment(regions=("SEOUL",)), 1),
            (Segment(sexes=("MALE", "FEMALE")), 2),
            (Segment(born_from=1985, born_until=1990), 1),
            (Segment(platforms=("IOS",)), 0),
            (Segment(regions=("SEOUL",), sexes=("MALE",)), 0),
        ):
            assert push.reach(segment, at=NOON).members == expected, segment

    def test_counts_a_member_with_two_phones_once(self, db):
        phone(reader(1), "ok-2")
        assert push.reach(Segment(), at=NOON).members == 1


class TestASchedule:
    def test_waits_for_its_moment_and_reaches_everybody_once(self, company, clock, operator, monkeypatch):
        monkeypatch.setattr(composing, "PART", 2)
        for number in range(5):
            reader(number)
        message = push.schedule(message=written(operator), when=NOON + timedelta(hours=1), at=NOON)
        assert (clock.work(), message.state) == (0, "SCHEDULED")
        for minute in range(60, 66):
            clock.work(NOON + minute * MINUTE)
        message.refresh_from_db()
        assert sorted(company.tokens) == [f"ok-{number}-token" for number in range(5)]
        assert (message.state, push.result_of(message), Effect.objects.filter(kind="rewards.push").count()) == ("DONE", {"DONE": 5}, 3)

    def test_on_the_worst_day_of_the_queue_rings_each_phone_once(self, company, clock, operator, monkeypatch):
        monkeypatch.setattr(composing, "PART", 2)
        for number in range(5):
            reader(number)
        message = push.schedule(message=written(operator), when=NOON, at=NOON)
        run_doubled(at=NOON)
        message.refresh_from_db()
        assert (sorted(company.tokens), message.state) == ([f"ok-{number}-token" for number in range(5)], "DONE")

    def test_is_of_a_draft_and_not_in_the_past(self, operator):
        message = written(operator)
        with refusal("push.moment_passed"):
            push.schedule(message=message, when=NOON - MINUTE, at=NOON)
        push.schedule(message=message, when=NOON, at=NOON)
        with refusal("push.moved"):
            push.schedule(message=message, when=NOON, at=NOON)
        assert Effect.objects.count() == 1

    def test_of_a_segment_without_anybody_ends_at_once(self, company, clock, operator):
        message = push.schedule(message=written(operator), when=NOON, at=NOON)
        clock.work()
        message.refresh_from_db()
        assert (message.state, PushDelivery.objects.count()) == ("DONE", 0)

    def test_ops_19_that_runs_into_the_night_goes_on_in_the_morning_for_the_others(self, company, clock, operator, monkeypatch):
        monkeypatch.setattr(composing, "PART", 2)
        members = [reader(number) for number in range(6)]
        wants(members[5], "NIGHT")
        message = push.schedule(message=written(operator), when=EVENING, at=NOON)
        clock.work(EVENING)  # the first two are handed out
        clock.work(EVENING + timedelta(seconds=1))  # and sent; the next two are handed out
        assert company.tokens == ["ok-0-token", "ok-1-token"]
        for minute in range(1, 6):
            clock.work(EVENING + minute * MINUTE)
        assert company.tokens == ["ok-0-token", "ok-1-token", "ok-5-token"]
        assert push.result_of(message) == {"DONE": 3, "WAITING": 3}
        clock.work(MORNING)
        message.refresh_from_db()
        assert (len(company.tokens), message.state, push.result_of(message)) == (6, "DONE", {"DONE": 6})

    def test_usr_25_leaves_out_whoever_withdrew_after_it_was_handed_out(self, company, clock, operator):
        member = reader(1)
        message = push.schedule(message=written(operator), when=NIGHT, at=NOON)
        clock.work(NIGHT)
        clock.work(NIGHT + MINUTE)
        wants(member, given=False, at=NIGHT + 2 * MINUTE)
        clock.work(MORNING)
        message.refresh_from_db()
        assert (company.tokens, states(), message.state) == ([], ["DROPPED"], "DONE")


class TestATrial:
    def test_reaches_the_phones_of_one_member_and_leaves_the_draft_alone(self, company, clock, operator):
        member, message = reader(1), written(operator)
        reader(2)
        push.try_out(message=message, member=member, at=NOON)
        clock.work()
        message.refresh_from_db()
        assert (company.tokens, message.state, company.messages[0]["notification"]["title"]) == (["ok-1-token"], "DRAFT", message.title)

    def test_needs_consent_like_everything_else(self, company, clock, operator, suji):
        phone(suji)
        push.try_out(message=written(operator), member=suji, at=NOON)
        clock.work()
        assert (company.tokens, states()) == ([], ["DROPPED"])

    def test_is_of_a_draft(self, operator, suji):
        message = push.schedule(message=written(operator), when=NOON, at=NOON)
        with refusal("push.moved"):
            push.try_out(message=message, member=suji, at=NOON)


class TestAStop:
    def test_lets_nothing_more_out(self, company, clock, operator, monkeypatch):
        monkeypatch.setattr(composing, "PART", 2)
        for number in range(6):
            reader(number)
        message = push.schedule(message=written(operator), when=NOON, at=NOON)
        clock.work()
        clock.work(NOON + timedelta(seconds=1))
        push.stop(message=message, at=NOON)
        for minute in range(1, 5):
            clock.work(NOON + minute * MINUTE)
        message.refresh_from_db()
        assert (company.tokens, message.state) == (["ok-0-token", "ok-1-token"], "STOPPED")
        assert push.result_of(message) == {"DONE": 2, "DROPPED": 2}
        with refusal("push.moved"):
            push.stop(message=message, at=NOON)

    def test_between_two_phones_of_one_part_holds(self, company, clock, operator, monkeypatch):
        reader(1), reader(2)
        message = push.schedule(message=written(operator), when=NOON, at=NOON)
        clock.work()
        claimed = sending._claimed

        def stopping(delivery, *, at):
            found = claimed(delivery, at=at)
            PushMessage.objects.filter(pk=message.pk).update(state="STOPPED")
            return found

        monkeypatch.setattr(sending, "_claimed", stopping)
        clock.work(NOON + MINUTE)
        assert (company.tokens, states()) == (["ok-1-token"], ["DONE", "DROPPED"])


@pytest.mark.django_db(transaction=True)
class TestTwoWorkers:
    def test_of_one_part_ring_a_phone_once(self, company, clock, operator):
        for number in range(4):
            reader(number)
        message = push.schedule(message=written(operator), when=NOON, at=NOON)
        clock.work()
        together(lambda _: sending.send_part(message_id=message.pk, part=0).result.value, clients=4)
        assert sorted(company.tokens) == [f"ok-{number}-token" for number in range(4)]

    def test_a_claim_that_waited_for_another_one_is_none(self, company, clock, operator):
        reader(1)
        push.schedule(message=written(operator), when=NOON, at=NOON)
        clock.work()
        delivery = PushDelivery.objects.get()

        def claim():
            try:
                return sending._claimed(delivery, at=NOON)
            finally:
                connection.close()

        with ThreadPoolExecutor(1) as pool:
            with transaction.atomic():
                assert sending._claimed(delivery, at=NOON)
                later = pool.submit(claim)
                await_waiting()
            assert later.result(timeout=20) is False

    def test_would_ring_it_twice_without_the_claim(self, company, clock, operator, monkeypatch):
        """The control: looked at and sent, as one would write it without thinking."""
        reader(1)
        message = push.schedule(message=written(operator), when=NOON, at=NOON)
        clock.work()
        looked = threading.Barrier(2)

        def careless(delivery, *, at):
            looked.wait(timeout=20)
            return True

        monkeypatch.setattr(sending, "_claimed", careless)
        together(lambda _: sending.send_part(message_id=message.pk, part=0).result.value, clients=2)
        assert company.tokens == ["ok-1-token"] * 2


class TestAConsentThatIsTwoYearsOld:
    def test_is_told_to_members_in_the_app_and_on_the_phone_once(self, company, clock, suji):
        phone(suji)
        wants(suji, at=NOON - timedelta(days=731))
        for _ in range(2):
            with transaction.atomic():
                consents.recheck(at=NOON)
            telling.pass_rechecks_on(at=NOON)
        clock.work()
        notice = Notification.objects.get(kind="identity.consent_recheck")
        [said] = company.messages
        assert (said["notification"]["title"], said["notification"]["body"]) == (notice.title, notice.body)
        assert "2024년 11월 24일" in notice.body
        assert consents.holds(suji.user, "MARKETING")
