"""A prize above 50,000 won: taxed before it is handed over, who pays is known to nobody else, and forgotten when the law allows."""

import io
import threading
from datetime import date, timedelta

import pytest
import time_machine
from django.conf import settings as current
from django.db import DatabaseError, connection, transaction
from django.test import Client
from openpyxl import load_workbook

from backoffice import services as desk
from common import sealed
from common.errors import DomainError
from common.models import DatedSetting
from identity.models import AccessLog, Notification
from rewards import prize_tax, raffles
from rewards.models import PrizeTax, RaffleWinner, TaxIdentity
from rewards.prize_tax import rates, reading, store
from rewards.prize_tax.store import TaxAnswer
from rewards.raffles import clock, drawing
from rewards.raffles.drand import PublicValue
from tests import factories
from tests.app import Phone
from tests.connecting import connect_patiently
from tests.rewards.raffle_world import closed, give, opened, press
from tests.signing_in import browser

NUMBER = "900101-1234567"
BIKE = {"name": "자전거", "quantity": 1, "value_krw": 80_000}
DAY = timedelta(days=1)


def answer(**changes):
    return TaxAnswer.model_validate({"name": "김수지", "number": NUMBER, "agrees": True, **changes})


def refused(code):
    return pytest.raises(DomainError, check=lambda raised: raised.code == code)


def draw(raffle):
    """With a public value that nobody checks here."""
    row = closed(raffle)
    with transaction.atomic():
        drawing.record_draw(raffle_id=row.pk, value=PublicValue(row.public_round, "00" * 48, "ab" * 32), at=row.draws_at)


@pytest.fixture
def two(db, at):
    made = [factories.MemberFactory(nickname=name) for name in ("하나", "두리")]
    for member in made:
        give(member, 3, at)
    return made


@pytest.fixture
def raffle(operator, finance, two, at):
    """Drawn: one of the two won a bicycle of 80,000 won, the other waits in reserve."""
    made = opened(at, by=operator, funder=finance, prizes=(BIKE,), reserves=1)
    for member in two:
        press(member, made, at=at)
    draw(made)
    return made


@pytest.fixture
def winner(raffle, two):
    place = RaffleWinner.objects.get(raffle=raffle, place=1)
    return next(member for member in two if member.pk == place.member_id)


@pytest.fixture
def heir(two, winner):
    return next(member for member in two if member != winner)


@pytest.fixture
def claimed(raffle, winner):
    """Claimed at the draw; the tax until a week later."""
    raffles.claim(member=winner, raffle=raffle.public_id, at=raffle.draws_at)
    return PrizeTax.objects.get()


@pytest.fixture
def given(claimed, raffle, winner):
    return prize_tax.give(member=winner, raffle=raffle.public_id, answer=answer(), at=raffle.draws_at + DAY)


def paid(tax, finance, at, on=date(2026, 11, 26)):
    with transaction.atomic():
        return prize_tax.record_payment(tax=tax, paid_on=on, reference="국민 11/26", by=finance, at=at)


class TestTheRates:
    @pytest.mark.parametrize(
        "value,income,local", [(50_000, 0, 0), (50_001, 10_000, 1_000), (80_000, 16_000, 1_600), (1_234_567, 246_913, 24_691)]
    )
    def test_ops_26_above_50_000_won_the_whole_value_is_taxed(self, db, at, value, income, local):
        found = rates.withheld_from(value, at=at)
        assert (found.income_tax_krw, found.local_tax_krw) == (income, local)

    def test_ops_26_a_small_tax_is_not_collected(self, db, at):
        DatedSetting.objects.create(name=rates.FREE_KRW.name, value=0, effective_from=at, reason="test")
        assert [rates.withheld_from(value, at=at).tax_krw for value in (4_999, 5_000)] == [0, 1_100]

    def test_ops_26_is_remitted_by_the_tenth_and_kept_five_years_after_the_statement(self, db, at):
        assert [rates.remit_by(day) for day in (date(2026, 11, 26), date(2026, 12, 1))] == [date(2026, 12, 10), date(2027, 1, 10)]
        assert rates.keep_until(date(2026, 11, 26), at=at) == date(2032, 2, 28)


class TestClaiming:
    def test_ops_26_asks_for_22_percent_within_a_week(self, claimed, raffle, winner):
        assert (claimed.value_krw, claimed.tax_krw, claimed.state) == (80_000, 17_600, "ASKED")
        assert claimed.due_at == raffle.draws_at + 7 * DAY
        assert Notification.objects.filter(user=winner.user, kind="rewards.prize_tax_asked").count() == 1

    def test_ops_26_claiming_again_asks_once(self, claimed, raffle, winner):
        raffles.claim(member=winner, raffle=raffle.public_id, at=raffle.draws_at + DAY)
        assert PrizeTax.objects.count() == 1

    def test_ops_26_a_small_prize_asks_for_nothing(self, operator, finance, two, at):
        made = opened(at, by=operator, funder=finance, prizes=({"name": "차", "quantity": 2, "value_krw": 50_000},))
        for member in two:
            press(member, made, at=at)
        draw(made)
        raffles.claim(member=two[0], raffle=made.public_id, at=made.draws_at)
        assert PrizeTax.objects.count() == 0
        place = RaffleWinner.objects.get(raffle=made, member_id=two[0].pk).place
        with transaction.atomic():
            assert raffles.deliver(raffle=made, place=place, at=made.draws_at).state == "DELIVERED"


class TestTellingWhoPays:
    def test_ops_26_the_number_is_sealed_in_a_table_of_its_own_under_its_own_key(self, given, winner):
        row = TaxIdentity.objects.get()
        assert (row.tax, given.state) == (given.public_id, "GIVEN")
        assert "900101" not in row.sealed
        with pytest.raises(ValueError, match="no key"):
            sealed.unseal(row.sealed)
        assert NUMBER in sealed.unseal(row.sealed, keys=current.TAX_IDENTITY_KEYS)
        columns = {field.column for field in TaxIdentity._meta.get_fields()}
        assert columns == {"id", "tax", "sealed", "made_at"}

    def test_ops_26_told_again_it_replaces_what_was_told(self, given, raffle, winner, operator):
        prize_tax.give(member=winner, raffle=raffle.public_id, answer=answer(number="0001013234567"), at=raffle.draws_at + DAY)
        with transaction.atomic():
            found = store.look(tax=given.public_id, by=operator, at=raffle.draws_at)
        assert (found.number, TaxIdentity.objects.count()) == ("000101-3234567", 1)

    @pytest.mark.parametrize("wrong", ["900101-123456", "901301-1234567", "900230-1234567", "900101-9234567", "abc", "900101-0234567"])
    def test_ops_26_what_is_no_number_is_refused_without_being_quoted(self, wrong):
        with pytest.raises(ValueError, match="주민등록번호") as said:
            answer(number=wrong)
        assert wrong not in str(said.value)

    def test_ops_26_without_a_yes_nothing_is_kept(self):
        with pytest.raises(ValueError, match="동의"):
            answer(agrees=False)

    def test_ops_26_only_the_winner_tells_and_only_in_time(self, claimed, raffle, winner, heir):
        with refused("prize_tax.not_asked"):
            prize_tax.give(member=heir, raffle=raffle.public_id, answer=answer(), at=raffle.draws_at)
        with refused("prize_tax.too_late"):
            prize_tax.give(member=winner, raffle=raffle.public_id, answer=answer(), at=claimed.due_at)
        assert TaxIdentity.objects.count() == 0


class TestPaying:
    def test_ops_26_the_prize_waits_until_the_tax_is_there(self, given, raffle, finance):
        def deliver():
            with transaction.atomic():
                return raffles.deliver(raffle=raffle, place=1, at=raffle.draws_at + DAY)

        with refused("prize_tax.unpaid"):
            deliver()
        assert [paid(given, finance, raffle.draws_at + DAY).state for _ in range(2)] == ["PAID"] * 2
        assert deliver().state == "DELIVERED"
        tax = PrizeTax.objects.get()
        assert (tax.paid_on, tax.paid_by, tax.reference) == (date(2026, 11, 26), finance, "국민 11/26")
        assert tax.keep_until == date(2032, 2, 28)
        assert Notification.objects.filter(kind="rewards.prize_tax_paid").count() == 1

    def test_ops_26_who_told_nothing_has_not_paid(self, claimed, raffle, finance):
        with refused("prize_tax.moved"):
            paid(claimed, finance, raffle.draws_at + DAY)

    def test_ops_26_nobody_paid_tomorrow(self, given, raffle, finance):
        with refused("prize_tax.paid_in_the_future"):
            paid(given, finance, raffle.draws_at, on=date(2026, 11, 27))

    @pytest.mark.tampers
    @pytest.mark.parametrize("state", ["ASKED", "LAPSED", "GIVEN"])
    def test_ops_26_what_was_paid_stays_paid(self, given, raffle, finance, state):
        paid(given, finance, raffle.draws_at + DAY)
        with pytest.raises(DatabaseError, match="a prize tax does not move"), transaction.atomic():
            PrizeTax.objects.update(state=state)


class TestTooLate:
    def test_ops_26_who_tells_nothing_loses_the_prize_to_the_next(self, claimed, raffle, heir):
        before = claimed.due_at - timedelta(seconds=1)
        clock.tick(at=before)
        assert PrizeTax.objects.get().state == "ASKED"
        for _ in range(2):
            clock.tick(at=claimed.due_at)
        assert PrizeTax.objects.get().state == "LAPSED"
        places = dict(RaffleWinner.objects.values_list("place", "state"))
        assert places == {1: "LAPSED", 2: "WON"}
        raffles.claim(member=heir, raffle=raffle.public_id, at=claimed.due_at)
        assert PrizeTax.objects.filter(state="ASKED").count() == 1

    def test_ops_26_who_told_may_have_paid_so_a_person_decides_and_the_data_is_deleted(self, given, raffle, finance):
        clock.tick(at=given.due_at)
        assert PrizeTax.objects.get().state == "GIVEN"
        with refused("prize_tax.moved"):
            desk.forfeit_prize(tax=given, by=finance, reason="입금 없음", at=given.due_at - timedelta(seconds=1))
        desk.forfeit_prize(tax=given, by=finance, reason="입금 없음", at=given.due_at)
        assert (PrizeTax.objects.get().state, TaxIdentity.objects.count()) == ("LAPSED", 0)
        assert AccessLog.objects.filter(action="tax_identity.erased").count() == 1

    def test_ops_26_a_paid_tax_is_never_given_up(self, given, raffle, finance):
        paid(given, finance, raffle.draws_at + DAY)
        with refused("prize_tax.moved"):
            desk.forfeit_prize(tax=given, by=finance, reason="입금 없음", at=given.due_at)
        assert TaxIdentity.objects.count() == 1


class TestTheTaxOffice:
    def test_ops_26_gets_names_and_numbers_and_every_look_is_written_down(self, given, raffle, finance, winner):
        paid(given, finance, raffle.draws_at + DAY)
        sheet = desk.tax_statement(year=2026, by=finance, reason="지급명세서 제출", at=raffle.draws_at)
        rows = list(load_workbook(io.BytesIO(sheet)).active.values)
        assert rows == [reading.HEAD, (1, "김수지", NUMBER, "2026-11-26", "자전거", 80_000, 0, 80_000, 16_000, 1_600)]
        seen = AccessLog.objects.filter(action="tax_identity.exported")
        assert [(line.actor, line.subject) for line in seen] == [(finance, f"prize_tax:{given.public_id}")]

    def test_ops_26_months_say_what_to_remit_and_until_when(self, given, raffle, finance):
        paid(given, finance, raffle.draws_at + DAY)
        (month,) = reading.months()
        assert (month.count, month.value_krw, month.income_tax_krw, month.local_tax_krw) == (1, 80_000, 16_000, 1_600)
        assert month.remit_by == date(2026, 12, 10)

    def test_ops_26_after_the_legal_time_nobody_is_known_any_more(self, given, raffle, finance, at):
        paid(given, finance, raffle.draws_at + DAY)
        last_day = at.replace(year=2032, month=2, day=28)
        assert [prize_tax.erase_due(at=moment) for moment in (last_day, last_day + DAY, last_day + DAY)] == [0, 1, 0]
        assert TaxIdentity.objects.count() == 0
        sheet = desk.tax_statement(year=2026, by=finance, reason="확인", at=last_day + DAY)
        assert list(load_workbook(io.BytesIO(sheet)).active.values)[1][1:3] == ("(보관 기한 지남)", "")


class TestTheWinnersPage:
    @pytest.fixture
    def web(self, winner, raffle):
        with time_machine.travel(raffle.draws_at, tick=False):
            yield browser(winner.user)

    def address(self, raffle):
        return f"/luckffle/raffles/{raffle.public_id}/tax/"

    def test_ops_26_claiming_leads_to_it_and_it_says_how_much_and_why(self, web, raffle):
        shown = web.post(f"/luckffle/raffles/{raffle.public_id}/claim/", follow=True)
        assert shown.request["PATH_INFO"] == self.address(raffle)
        page = shown.content.decode()
        assert all(text in page for text in ("80,000", "16,000", "1,600", "17,600", "소득세법 제145조"))
        assert current.PRIZE_TAX_ACCOUNT not in page
        assert "제세공과금 내기" in web.get(f"/luckffle/raffles/{raffle.public_id}/").content.decode()

    def test_ops_26_after_telling_it_shows_where_to_pay_and_never_the_number(self, web, raffle, claimed):
        sent = {"name": "김수지", "number": NUMBER, "agrees": "on"}
        page = web.post(self.address(raffle), sent, follow=True).content.decode()
        assert current.PRIZE_TAX_ACCOUNT in page
        assert "900101" not in page
        assert PrizeTax.objects.get().state == "GIVEN"

    @pytest.mark.parametrize(
        "sent,sentence",
        [({"name": "김수지", "number": "1", "agrees": "on"}, "13자리를 다시"), ({"name": "김수지", "number": NUMBER}, "동의해야")],
    )
    def test_ops_26_says_what_is_wrong_and_does_not_repeat_the_number(self, web, raffle, claimed, sent, sentence):
        refused = web.post(self.address(raffle), sent)
        page = refused.content.decode()
        assert (refused.status_code, sentence in page, "1234567" in page, TaxIdentity.objects.count()) == (422, True, False, 0)

    def test_ops_26_nobody_else_sees_it(self, web, raffle, claimed, heir):
        assert browser(heir.user).get(self.address(raffle)).status_code == 404
        assert Client().get(self.address(raffle)).status_code == 302

    def test_ops_26_the_app_does_the_same(self, web, raffle, winner, claimed):
        phone = Phone(winner)
        assert phone.get(f"/raffles/{raffle.public_id}/tax").json()["tax_krw"] == 17_600
        wrong = phone.post(f"/raffles/{raffle.public_id}/tax", {"name": "김수지", "number": "1", "agrees": True})
        assert wrong.status_code == 422
        told = phone.post(f"/raffles/{raffle.public_id}/tax", {"name": "김수지", "number": NUMBER, "agrees": True})
        assert (told.json()["state"], told.json()["account"]) == ("GIVEN", current.PRIZE_TAX_ACCOUNT)
        assert "900101" not in told.content.decode()


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def confirm_and_give_up(self, given, finance):
        """The deposit is confirmed and the prize given up at the same moment; how each ended."""
        barrier, outcomes = threading.Barrier(2), {}

        def run(name, act):
            try:
                connect_patiently()
                barrier.wait(timeout=20)
                act()
                outcomes[name] = "done"
            except DomainError as refusal:
                outcomes[name] = refusal.code
            finally:
                connection.close()

        late = given.due_at
        acts = {
            "paid": lambda: desk.record_tax_payment(tax=given, paid_on=date(2026, 11, 26), reference="국민", by=finance, at=late),
            "gone": lambda: desk.forfeit_prize(tax=given, by=finance, reason="입금 없음", at=late),
        }
        threads = [threading.Thread(target=run, args=item) for item in acts.items()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return outcomes

    def test_ops_26_a_tax_is_paid_or_given_up_and_never_both(self, given, finance):
        outcomes = self.confirm_and_give_up(given, finance)
        assert sorted(outcomes.values()) == ["done", "prize_tax.moved"]
        tax, place = PrizeTax.objects.get(), RaffleWinner.objects.get(place=1)
        assert (tax.state, place.state, TaxIdentity.objects.count()) in (("PAID", "CLAIMED", 1), ("LAPSED", "LAPSED", 0))

    def test_without_the_locks_who_paid_would_lose_the_prize(self, given, finance, monkeypatch):
        """The control: a decision on a row that was read before the other one's commit."""
        stale = PrizeTax.objects.select_related("winner__raffle").get(pk=given.pk)
        desk.record_tax_payment(tax=given, paid_on=date(2026, 11, 26), reference="국민", by=finance, at=given.due_at)
        monkeypatch.setattr(prize_tax.flow, "_locked", lambda tax: (stale.winner.raffle, stale))
        with pytest.raises(DatabaseError, match="a prize tax does not move from PAID to LAPSED"):
            desk.forfeit_prize(tax=given, by=finance, reason="입금 없음", at=given.due_at)
