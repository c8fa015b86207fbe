"""What is insured is the sum of the policies valid today; warnings and the stop follow it. PAY-19."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from common.kst import day_from, day_of
from common.models import DatedSetting
from identity.models import Notification
from payments import insurance
from payments.models import PaymentOrder, SuretyPolicy

DAY = timedelta(days=1)


def insured(at, *, from_days=-30, until_days=300, count=6, amount_krw=5_000_000):
    on = day_of(at)
    return [
        SuretyPolicy.objects.create(
            number=f"100-{from_days}-{number}",
            amount_krw=amount_krw,
            valid_from=on + from_days * DAY,
            valid_until=on + until_days * DAY,
        )
        for number in range(count)
    ]


def pays(till, *sums):
    for credits in sums:
        till.paid(credits)


class TestTheLimit:
    def test_six_policies_of_five_million_are_thirty_million(self, db, at):
        insured(at)

        assert insurance.limit_at(at) == 30_000_000

    def test_before_the_first_policy_the_setting_counts_and_from_then_on_never_again(self, db, at):
        DatedSetting.objects.create(name="payments.insured_limit_krw", value=44_000_000, effective_from=at, reason="시험")
        assert insurance.limit_at(at) == 44_000_000

        insured(at, until_days=10)

        assert (insurance.limit_at(at), insurance.limit_at(at + 11 * DAY)) == (30_000_000, 0)

    def test_a_policy_covers_its_first_and_its_last_day_in_korea_and_no_other(self, db, at):
        on = day_of(at)
        midnight = day_from(on)
        SuretyPolicy.objects.create(number="one", amount_krw=5_000_000, valid_from=on, valid_until=on + DAY)
        second = timedelta(seconds=1)

        found = [insurance.limit_at(midnight + age) for age in (-second, 0 * DAY, 2 * DAY - second, 2 * DAY)]

        assert found == [0, 5_000_000, 5_000_000, 0]

    def test_an_expired_one_lowers_it_and_raises_the_warning(self, till, at):
        insured(at, count=4, amount_krw=500_000)
        insured(at, from_days=-300, until_days=0, count=1, amount_krw=500_000)
        pays(till, 1_000_000, 500_000, 300_000, 100_000)

        assert [insurance.cover_at(moment).warning for moment in (at, at + DAY)] == [70, 95]

    @pytest.mark.parametrize(
        ("sums", "line"),
        [
            ((1_000_000, 300_000), 0),
            ((1_000_000, 300_000, 100_000), 70),
            ((1_000_000, 300_000, 300_000, 100_000), 85),
            ((1_000_000, 500_000, 300_000, 100_000), 95),
        ],
    )
    def test_pay_19_operators_are_warned_at_70_85_and_95_percent_of_what_is_insured(self, till, at, sums, line):
        insured(at, count=4, amount_krw=500_000)
        pays(till, *sums)

        assert insurance.warn(at=at).warning == line
        assert Notification.objects.filter(user=None, kind="payments.insured_limit").count() == bool(line)

    def test_makes_sense(self, db, at):
        on = day_of(at)
        for amount, until in ((0, on), (5_000_000, on - DAY)):
            with pytest.raises(IntegrityError), transaction.atomic():
                SuretyPolicy.objects.create(number=str(amount), amount_krw=amount, valid_from=on, valid_until=until)


class TestTheStop:
    @pytest.fixture(autouse=True)
    def _half_is_used(self, till, at):
        insured(at, count=4, amount_krw=500_000)
        pays(till, 1_000_000)

    def test_pay_19_off_a_top_up_goes_on_over_95_percent(self, till):
        assert till.order(1_000_000).credits == 1_000_000

    def test_pay_19_on_it_is_refused_with_the_way_by_transfer_and_a_new_policy_opens_it_again(self, till, at):
        DatedSetting.objects.create(name="payments.stop_at_insured_limit", value=True, effective_from=at, reason="시험")

        with pytest.raises(insurance.InsuredLimitReached, match="계좌이체"):
            till.order(1_000_000)
        assert PaymentOrder.objects.count() == 1

        insured(at, from_days=0, count=1, amount_krw=500_000)
        assert till.order(1_000_000).credits == 1_000_000
