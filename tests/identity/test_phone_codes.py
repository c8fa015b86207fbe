"""Codes by SMS, as people ask for them, read them and type them; and as somebody else would try to guess or to waste them."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from common import effects
from common.errors import DomainError
from common.models import DatedSetting, Effect
from common.portals import ADVERTISER
from identity import phone_codes
from identity.models import AccessLog, Notification, PhoneCode
from identity.phone_codes import Closed, Dead, Purpose, TooMany, TooSoon, Wrong
from tests.connecting import connect_patiently

PHONE, PHONE_OUTSIDE = "+821012345678", "01012345678"
GUESSES = 100


def ask(phone=PHONE, *, at=None, browser="b" * 64, address="a" * 64, purpose=Purpose.SIGN_UP):
    return phone_codes.ask(purpose=purpose, portal=ADVERTISER, phone=phone, browser=browser, address=address, at=at or timezone.now())


def prove(code, text, *, at=None, browser="b" * 64, purpose=Purpose.SIGN_UP):
    return phone_codes.prove(public_id=code.public_id, purpose=purpose, browser=browser, text=text, at=at or timezone.now())


def other(digits):
    """A guess that is not the code."""
    return f"{(int(digits) + 1) % 1_000_000:06d}"


class TestACode:
    def test_s_20_arrives_by_sms_and_proves_the_number_once(self, db, outside):
        code = ask()
        assert outside.works() == 1
        body = outside.messages(to=PHONE_OUTSIDE)[0]["body"]
        assert body.startswith("[부스트] 인증번호 ")
        assert len(body.encode("euc_kr")) <= 90
        assert prove(code, outside.digits(PHONE_OUTSIDE)).used_at is not None
        with pytest.raises(Dead):
            prove(code, outside.digits(PHONE_OUTSIDE))

    def test_stands_in_no_row_and_no_effect(self, db, outside):
        code = ask()
        outside.works()
        digits = outside.digits(PHONE_OUTSIDE)
        code.refresh_from_db()
        effect, report = Effect.objects.order_by("pk")
        assert (effect.ids, effect.key) == ({"code": code.pk}, f"phone_code:{code.public_id}")
        assert (report.kind, list(report.ids), len(code.code_hash)) == ("identity.sms_report", ["sms"], 64)
        assert not any(
            digits in str(value) for row in (code, effect, report) for value in vars(row).values() if not hasattr(value, "tzinfo")
        )

    def test_adv_03_dies_after_five_wrong_guesses_and_every_guess_is_logged(self, db, outside):
        code = ask()
        outside.works()
        digits = outside.digits(PHONE_OUTSIDE)
        said = []
        for _ in range(5):
            with pytest.raises((Wrong, Dead)) as refusal:
                prove(code, other(digits))
            said.append(str(refusal.value))
        assert said == [f"인증번호가 맞지 않아요. {left}번 더 적을 수 있어요." for left in (4, 3, 2, 1)] + [Dead.message]
        with pytest.raises(Dead):
            prove(code, digits)
        assert list(AccessLog.objects.values_list("action", "subject")) == [("phone_code.wrong", f"phone_code:{code.public_id}")] * 5

    def test_adv_03_a_new_code_comes_after_the_wait(self, db, outside):
        now = timezone.now()
        ask(at=now)
        with pytest.raises(TooSoon) as refusal:
            ask(at=now + timedelta(seconds=59))
        assert refusal.value.context == {"seconds": 1}
        assert ask(at=now + timedelta(seconds=60)).tries == 0

    def test_lives_for_three_minutes(self, db, outside):
        code = ask()
        outside.works()
        with pytest.raises(Dead):
            prove(code, outside.digits(PHONE_OUTSIDE), at=code.created_at + timedelta(minutes=3))
        assert prove(code, outside.digits(PHONE_OUTSIDE), at=code.created_at + timedelta(minutes=2, seconds=59))

    @pytest.mark.parametrize("changed", [{"browser": "c" * 64}, {"purpose": Purpose.RESET}, {"browser": ""}])
    def test_is_worth_nothing_in_another_browser_or_for_another_purpose(self, db, outside, changed):
        code = ask()
        outside.works()
        with pytest.raises(Dead):
            prove(code, outside.digits(PHONE_OUTSIDE), **changed)
        code.refresh_from_db()
        assert (code.tries, code.used_at) == (0, None)

    def test_is_read_however_it_is_typed(self, db, outside):
        code = ask()
        outside.works()
        digits = outside.digits(PHONE_OUTSIDE)
        assert prove(code, f" {digits[:3]} {digits[3:]} ")

    @pytest.mark.parametrize("text", ["", "12345", "１２３４５６", "123456\x00", "\ud800", "x" * 10_000])
    def test_takes_any_text_without_breaking(self, db, outside, text):
        code = ask()
        outside.works()
        with pytest.raises(Wrong):
            prove(code, text)


class TestParallelGuesses:
    def race(self, code, digits):
        """A hundred guesses at once, the right one the last; what came of them."""
        start = threading.Barrier(20)

        def client(number):
            try:
                connect_patiently()
                start.wait(timeout=20)
                return [self.outcome(code, other(digits)) for _ in range(GUESSES // 20)]
            finally:
                connection.close()

        with ThreadPoolExecutor(20) as pool:
            return [found for part in pool.map(client, range(20)) for found in part]

    @staticmethod
    def outcome(code, text):
        try:
            return prove(code, text)
        except DomainError as refusal:
            return type(refusal).__name__

    @pytest.fixture
    def evaluations(self, monkeypatch):
        """How often digits were compared."""
        seen, compare = [], phone_codes.is_code
        monkeypatch.setattr(phone_codes, "is_code", lambda code, text: seen.append(text) or compare(code, text))
        return seen

    def test_g1_a_hundred_at_once_get_five_evaluations(self, transactional_db, outside, evaluations):
        code = ask()
        outside.works()
        outcomes = Counter(self.race(code, outside.digits(PHONE_OUTSIDE)))
        assert len(evaluations) == 5
        assert outcomes == {"Wrong": 4, "Dead": 96}
        code.refresh_from_db()
        assert (code.tries, code.used_at) == (5, None)

    def test_g1_control_counting_after_looking_lets_more_through(self, transactional_db, outside, evaluations, monkeypatch):
        """The same race against a guess that reads the count, looks, and writes the count: it must be seen to fail."""

        def careless(*, public_id, purpose, browser, text, at):
            code = PhoneCode.objects.get(public_id=public_id)
            if code.tries >= phone_codes.TRIES:
                return None, False
            is_right = phone_codes.is_code(code, text)
            code.tries += 1
            code.save(update_fields=["tries"])
            return code, is_right

        monkeypatch.setattr(phone_codes, "_guess", careless)
        code = ask()
        outside.works()
        self.race(code, outside.digits(PHONE_OUTSIDE))
        assert len(evaluations) > 5


class TestLimits:
    def test_g2_five_an_hour_and_ten_a_day_for_a_number(self, db, at):
        for hour in range(2):
            for minute in range(5):
                ask(at=at + timedelta(hours=hour, minutes=minute), address=f"{hour}{minute}", browser=f"{hour}{minute}")
            with pytest.raises(TooMany):
                ask(at=at + timedelta(hours=hour, minutes=30), address="x", browser="x")
        with pytest.raises(TooMany):
            ask(at=at + timedelta(hours=23), address="y", browser="y")
        assert PhoneCode.objects.count() == 10
        assert ask(at=at + timedelta(hours=24, minutes=1), address="z", browser="z")

    def test_g2_twenty_an_hour_for_an_address(self, db, at):
        for number in range(20):
            ask(f"+8210200000{number:02d}", at=at, browser=str(number))
        with pytest.raises(TooMany):
            ask("+821020000099", at=at + timedelta(minutes=59), browser="x")
        assert ask("+821020000099", at=at + timedelta(minutes=59), browser="x", address="other")
        assert ask("+821020000098", at=at + timedelta(minutes=61), browser="x")

    def test_g2_five_numbers_for_a_browser(self, db, at):
        for number in range(5):
            ask(f"+8210200000{number:02d}", at=at, address=str(number))
        with pytest.raises(TooMany):
            ask("+821020000099", at=at + timedelta(hours=2), address="x")
        assert ask("+821020000000", at=at + timedelta(hours=2), address="x"), "a number it used already is no new one"

    def test_g2_the_house_stops_at_its_cap_and_alarms_before(self, db, at):
        DatedSetting.objects.create(name="identity.sms_hourly_cap_krw", value=200, effective_from=at - timedelta(days=1), reason="시험")
        for number in range(10):
            ask(f"+8210200000{number:02d}", at=at, address=str(number), browser=str(number))
            alarms = Notification.objects.filter(kind="identity.sms_cap").count()
            assert alarms == (1 if number >= 6 else 0), number
        with pytest.raises(Closed):
            ask("+821020000099", at=at, address="x", browser="x")
        assert ask("+821020000099", at=at + timedelta(minutes=61), address="x", browser="x")

    def test_g2_a_limit_holds_against_everybody_at_once(self, transactional_db, at):
        start = threading.Barrier(16)

        def client(number):
            try:
                connect_patiently()
                start.wait(timeout=20)
                ask(f"+8210200000{number:02d}", at=at, browser=str(number))
                return "sent"
            except DomainError as refusal:
                return type(refusal).__name__
            finally:
                connection.close()

        for number in range(15):
            ask(f"+8210300000{number:02d}", at=at, browser=f"x{number}")
        with ThreadPoolExecutor(16) as pool:
            assert Counter(pool.map(client, range(16))) == {"sent": 5, "TooMany": 11}

    def test_writes_nothing_when_refused(self, db, at):
        ask(at=at)
        with pytest.raises(TooSoon):
            ask(at=at + timedelta(seconds=1))
        assert (PhoneCode.objects.count(), Effect.objects.count()) == (1, 1)


class TestTheSupplier:
    def test_adv_04_is_down_and_the_code_says_so_then_comes(self, db, outside):
        now = timezone.now()
        code = ask(at=now)
        outside.fault(service="solapi", kind="error", status=400, type="Unavailable", count=1)
        outside.works(at=now)
        code.refresh_from_db()
        assert code.has_trouble
        assert outside.messages() == []
        outside.works(at=now + timedelta(seconds=11))
        code.refresh_from_db()
        assert (code.delivery, len(outside.messages())) == (PhoneCode.Delivery.SENT, 1)

    def test_was_silent_after_taking_the_message_and_is_asked_not_told_again(self, db, outside):
        now = timezone.now()
        code = ask(at=now)
        outside.fault(service="solapi", kind="drop", when="after", count=1)
        outside.works(at=now)
        code.refresh_from_db()
        assert code.has_trouble
        outside.works(at=now + timedelta(seconds=11))
        assert len(outside.messages()) == 1
        assert prove(code, outside.digits(PHONE_OUTSIDE))

    def test_was_silent_without_taking_it_and_gets_new_digits(self, db, outside):
        now = timezone.now()
        code = ask(at=now)
        outside.fault(service="solapi", kind="drop", when="before", count=1)
        outside.works(at=now)
        outside.works(at=now + timedelta(seconds=11))
        assert len(outside.messages()) == 1
        assert prove(code, outside.digits(PHONE_OUTSIDE))

    def test_is_not_told_of_a_code_that_expired_while_it_was_away(self, db, outside):
        now = timezone.now()
        code = ask(at=now)
        with time_machine.travel(now + timedelta(minutes=3), tick=False):
            outside.works(at=now + timedelta(minutes=3))
        assert outside.messages() == []
        effect = Effect.objects.get()
        assert (effect.state, effect.detail) == (Effect.State.FAILED, "expired before it was sent")
        code.refresh_from_db()
        assert code.has_trouble

    def test_has_no_money_left_and_the_operators_hear_of_it(self, db, outside):
        ask("+821012341030")
        outside.works()
        assert Effect.objects.get(kind="identity.phone_code").detail == "1030"
        assert Notification.objects.for_operators().get().title == "문자 잔액이 없어요"

    def test_a_doubled_task_sends_one_message(self, db, outside):
        ask()
        effect = Effect.objects.get()
        now = timezone.now()
        assert effects.work(effect.pk, at=now) is not None
        assert effects.work(effect.pk, at=now) is None
        assert len(outside.messages()) == 1
