"""The demo data: a week that really happened, by the rules of the product, once."""

import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.apps import apps
from django.conf import settings
from django.core import mail
from django.core.management import CommandError, call_command
from django.db.models import Sum
from django.utils import timezone

from advertisers.models import Advertiser
from backoffice import demo
from backoffice.demo.people import DAYS_BACK
from campaigns.models import Campaign, HourlyStat, Participation, State
from common.models import Effect
from credits import proof, selectors
from credits.models import DayDigest, Entry
from identity.models import ApprovalRequest, Notification, User
from identity.phones import local
from payments.models import AutoTopUp, BankDeposit, Package, PaymentOrder, Refund, UnallocatedMoney, VirtualAccount
from rewards.models import Gifticon, GifticonOrder, Member
from tests.sandbox_process import SandboxProcess


@pytest.fixture(scope="module")
def sandbox_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    with SandboxProcess(data=tmp_path_factory.mktemp("demo") / "sandbox.sqlite3") as process:
        yield process


@pytest.fixture
def sandbox(sandbox_process: SandboxProcess, settings: Any) -> SandboxProcess:
    sandbox_process.reset()
    settings.SANDBOX_ORIGIN = sandbox_process.base_url
    settings.PORTONE_BASE_URL = sandbox_process.portone_url
    settings.GIFTISHOW_URL = f"{sandbox_process.base_url}/giftishow"
    return sandbox_process


def rows() -> dict[str, int]:
    """How many rows every table of ours has."""
    ours = ("common", "identity", "advertisers", "credits", "payments", "rewards", "campaigns")
    return {model._meta.label: model._base_manager.count() for name in ours for model in apps.get_app_config(name).get_models()}


@pytest.mark.django_db
class TestTheDemo:
    def test_dev_01_tells_a_week_once_and_the_proof_is_green(self, sandbox: SandboxProcess) -> None:
        at = timezone.now()
        began = time.process_time()

        assert demo.load(at=at) is True

        assert time.process_time() - began < 60, "our own work alone; a busy machine needs more of its time for the same"
        assert proof.run().differences == []
        before = rows()
        assert demo.load(at=at + timedelta(days=1)) is False
        assert rows() == before
        self._people_are_as_promised()
        self._money_is_in_the_gateways_book(sandbox)
        self._campaigns_are_in_every_state()
        done = Participation.objects.filter(state="REWARDED").count()
        assert HourlyStat.objects.aggregate(n=Sum("confirmed"))["n"] == done > 0, "the analysis has its figures from the first look"
        assert DayDigest.objects.count() >= DAYS_BACK - 1, "the days that are over have their statements"
        self._refunds_wait_and_one_is_done()
        self._the_shop_is_open(sandbox)
        self._queue_and_mails_name_nobody()
        assert Notification.objects.filter(user=None, kind="payments.refund_requested").count() == 3
        assert Notification.objects.filter(user__username="owner", kind="payments.paid").count() == 2

    def _queue_and_mails_name_nobody(self) -> None:
        """Rows of the queue carry ids; a mail names neither a phone, nor another's address, nor a secret."""
        people = User.objects.filter(username__in=["owner", "staff", "reporter", "neighbour", "solo", "operator", "finance"])
        phones = [form for user in people if user.phone for form in (user.phone, local(user.phone))]
        secrets = [settings.SECRET_KEY, settings.PORTONE_API_SECRET, *settings.PORTONE_WEBHOOK_SECRETS, *settings.FIELD_KEYS, demo.PASSWORD]
        private = [*phones, *secrets, *people.values_list("email", flat=True), *people.values_list("name", flat=True)]
        effects = [f"{row.key} {row.ids} {row.detail}" for row in Effect.objects.all()]
        assert len(effects) > 10
        assert [text for text in effects if any(value in text for value in private)] == []
        assert len(mail.outbox) >= 5
        shown = [(str(letter.body), letter) for letter in mail.outbox]
        assert [letter.subject for body, letter in shown if any(value in body for value in (*phones, *secrets))] == []
        others = set(people.values_list("email", flat=True))
        assert [letter.subject for body, letter in shown if any(address in body for address in others - set(letter.to))] == []

    def _the_shop_is_open(self, sandbox: SandboxProcess) -> None:
        order = GifticonOrder.objects.get()
        [coupon] = sandbox.control("GET", "/gifts")["coupons"]
        assert (order.state, order.tr_id, Gifticon.objects.on_sale().count()) == ("DELIVERED", coupon["tr_id"], 60)

    def _people_are_as_promised(self) -> None:
        roles = {(m.user.username, m.role) for a in Advertiser.objects.all() for m in a.memberships.select_related("user")}
        assert roles == {
            ("owner", "OWNER"), ("staff", "MANAGER"), ("reporter", "REPORTER"), ("solo", "OWNER"), ("neighbour", "OWNER"),
        }  # fmt: skip
        assert User.objects.get(username="owner").check_password(demo.PASSWORD)
        assert User.objects.get(kind=User.Kind.MEMBER, phone=demo.MEMBER_PHONE).member.nickname == "럭플러1"
        assert Member.objects.count() == 201
        assert {user.username for user in User.objects.filter(kind=User.Kind.OPERATOR)} == {"operator", "finance"}
        solo = Advertiser.objects.get(memberships__user__username="solo")
        assert (selectors.balance(solo).available, Entry.objects.filter(advertiser=solo).count()) == (0, 0)

    def _money_is_in_the_gateways_book(self, sandbox: SandboxProcess) -> None:
        assert sorted(Package.objects.values_list("credits", flat=True)) == [100_000, 300_000, 500_000, 1_000_000, 3_000_000]
        assert Counter(PaymentOrder.objects.values_list("state", flat=True)) == {"PAID": 4, "REFUNDED": 1, "FAILED": 1, "ACCOUNT_ISSUED": 3}
        totals = sandbox.control("GET", "/book")["totals"]
        assert totals == {"captured": 4_900_000 * 11 // 10 + 300_000, "cancelled": 110_000, "net": 5_580_000}
        money = UnallocatedMoney.objects.select_related("order").get()
        assert (money.amount_krw, money.why, money.state, money.order.amount_krw) == (300_000, "AMOUNT", "OPEN", 330_000)
        waiting = VirtualAccount.objects.exclude(order=money.order).select_related("order").get(order__gateway="portone")
        assert (waiting.order.created_by.username, waiting.due_at > timezone.now()) == ("owner", True)
        by_bank, deposit = PaymentOrder.objects.get(gateway="bank"), BankDeposit.objects.get()
        assert (by_bank.state, deposit.state, deposit.amount_krw) == ("ACCOUNT_ISSUED", "WAITING", 3_300_000)
        assert by_bank.depositor in deposit.depositor
        assert not AutoTopUp.objects.exists(), "the house has not switched it on"
        owner = Advertiser.objects.get(memberships__user__username="owner")
        balance = selectors.balance(owner)
        assert balance.frozen == 202_000  # 200,000 and their share of the bonus
        assert balance.available > 0
        assert balance.held > 0

    def _campaigns_are_in_every_state(self) -> None:
        states = dict(Campaign.objects.values_list("title", "state"))
        assert Counter(states.values()) == {
            State.RUNNING: 2, State.SUBMITTED: 2, State.SETTLED: 1, State.PAUSED: 1, State.SCHEDULED: 1, State.REJECTED: 1,
            State.CHANGES_ASKED: 1,
        }  # fmt: skip
        over = Campaign.objects.get(title="가을 원두 둘러보기")
        finished = Participation.objects.filter(campaign=over, state=Participation.State.REWARDED)
        assert (over.captured_units, over.captured_credits) == (finished.count(), finished.count() * 120)
        assert over.hold.open == 0
        assert finished.values("period_on").distinct().count() == 3
        assert Participation.objects.filter(campaign=over, state=Participation.State.EXPIRED).count() == 8

    def _refunds_wait_and_one_is_done(self) -> None:
        assert dict(Refund.objects.values_list("key", "state")) == {
            "demo:refund:waiting": "REQUESTED",
            "demo:refund:large": "REQUESTED",
            "demo:refund:returned": "DONE",
        }
        asked = ApprovalRequest.objects.get()
        assert (asked.kind, asked.state, asked.made_by.username) == ("payments.refund", "WAITING", "operator")

    def test_needs_no_sandbox_for_the_people_alone(self, settings: Any) -> None:
        settings.SANDBOX_ORIGIN = "http://127.0.0.1:9"
        call_command("load_demo", "--people")
        assert (Member.objects.count(), PaymentOrder.objects.count()) == (201, 0)

    def test_says_that_the_sandbox_is_missing(self, settings: Any) -> None:
        settings.SANDBOX_ORIGIN = "http://127.0.0.1:9"
        with pytest.raises(CommandError, match="the sandbox at http://127.0.0.1:9 did not help"):
            call_command("load_demo")
        assert Entry.objects.count() == 0

    @pytest.mark.parametrize("name", ["operator", "finance"])
    def test_shows_the_code_that_signs_an_operator_in(self, name: str, capsys: pytest.CaptureFixture[str]) -> None:
        call_command("load_demo", "--people")
        capsys.readouterr()
        call_command("load_demo", "--code", name)
        code = capsys.readouterr().out.strip()
        second_factor = Authenticator.objects.get(user__username=name, type=Authenticator.Type.TOTP)
        assert len(code) == 6
        assert TOTP(second_factor).validate_code(code)

    def test_is_refused_in_production(self, settings: Any) -> None:
        settings.ENVIRONMENT = "production"
        with pytest.raises(CommandError, match="public passwords"):
            call_command("load_demo", "--people")
        assert User.objects.count() == 0
