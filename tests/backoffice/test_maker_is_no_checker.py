"""
Whoever begins one of the deeds that take two operators never finishes it: the page says so, a crafted POST is refused, and neither the
checker's role nor being a superuser changes that. One registry holds every such deed; a new one without a row here fails.
"""

import ast
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.utils import timezone

from backoffice import rights
from campaigns import services as campaigns
from campaigns.models import Campaign, State
from common.models import DatedSetting, Effect
from credits import selectors as credits
from credits import services as ledger
from credits.models import Entry
from identity.models import AllowedNetwork, ApprovalRequest, User
from payments import services as payments
from payments.models import BankDeposit, BankPayout, Package, UnallocatedMoney
from payments.policy import SECOND_APPROVAL_ABOVE_KRW
from payments.services import unallocated
from rewards.models import Raffle
from tests.backoffice.conftest import enter, hire
from tests.backoffice.pressing import at
from tests.backoffice.test_bank_room import RETURN, line
from tests.backoffice.test_claims_room import debtor  # noqa: F401
from tests.backoffice.test_raffle_desk import wanted
from tests.backoffice.test_transfer_desk import WHY, failed  # noqa: F401
from tests.campaigns.conftest import spec_of

pytestmark = pytest.mark.tampers  # some of these books are only begun

DIALOG = {"_form_submitted": "True"}
ROOT = Path(django_settings.BASE_DIR)


@dataclass(frozen=True, slots=True)
class Begun:
    """
    A deed that one operator has begun. page: where the maker would go on.   says: what it tells the maker.   posts: every door to the
    second half.   moved: what changes once somebody finishes it.
    """

    page: str
    says: str
    posts: tuple[tuple[str, dict[str, Any]], ...]
    moved: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Deed:
    """
    maker, checker: their roles.   begin: by the maker's browser.   kinds: of approval requests it covers.   refusal: what the product
    raises.   alone: nobody else finishes it either, because it is about the maker's own rights.
    """

    name: str
    begin: Callable[..., Begun]
    maker: tuple[str, ...] = (rights.FINANCE,)
    checker: tuple[str, ...] = (rights.FINANCE,)
    kinds: tuple[str, ...] = ()
    refusal: str = "MakerIsChecker"
    needs: tuple[str, ...] = field(default=())


def asked(page: str, *doors: tuple[str, dict[str, Any]]) -> Begun:
    """A request that waits in the room of approvals, and at its own desk."""
    (row,) = ApprovalRequest.objects.for_operators().waiting()
    room = at("identity_approvalrequest_change", row.pk)
    approve = (at("identity_approvalrequest_approve", row.pk), {**DIALOG, "sure": "on"})
    entries = Entry.objects.count()
    return Begun(
        page=room,
        says="내가 요청한 일이라",
        posts=(approve, *doors),
        moved=lambda: (
            ApprovalRequest.objects.get(pk=row.pk).state,
            Entry.objects.count() - entries,
            Effect.objects.filter(kind__in=("payments.refund", "payments.give_back")).exclude(state=Effect.State.DONE).count(),
        ),
    )


def refund(maker, cashier, minji, minji_user, **_):
    row = cashier.ask(cashier.top_up(minji, minji_user, 3_000_000), minji_user)
    door = at("refund-approve", row.public_id)
    maker.post(door)
    return asked(at("refund-detail", row.public_id), (door, {}))


def transfer(maker, failed, **_):  # noqa: F811
    maker.post(at("transfer-ask", failed.public_id), WHY)
    return asked(at("refund-detail", failed.public_id), (at("transfer-approve", failed.public_id), {}))


def _deposit(cashier, minji, minji_user):
    order = cashier.top_up(minji, minji_user, 100_000)
    with transaction.atomic():
        return unallocated.take_in(
            order, gateway="portone", amount_krw=SECOND_APPROVAL_ABOVE_KRW.at(timezone.now()) + 1, why=UnallocatedMoney.Why.TWICE,
            paid_at=order.paid_at, key="desk", at=order.paid_at,
        )  # fmt: skip


def give_back(maker, cashier, minji, minji_user, **_):
    row = _deposit(cashier, minji, minji_user)
    door = at("payments_unallocatedmoney_send_back", row.pk)
    sent = {**DIALOG, "reason": "두 번 입금함", "bank": "088", "number": "110123456789", "holder": "김민지"}
    maker.post(door, sent)
    return asked(door, (door, sent))


def allocate(maker, cashier, minji, minji_user, **_):
    """A virtual account for 110,000 won got 50,000, and anything above 10,000 takes two."""
    now = timezone.now()
    DatedSetting.objects.create(name=SECOND_APPROVAL_ABOVE_KRW.name, value=10_000, effective_from=now, reason="시험")
    package, _ = Package.objects.update_or_create(credits=100_000, defaults={"bonus_credits": 0, "is_offered": True})
    order = payments.create_order(advertiser=minji, package=package, by=minji_user, at=now, key="vbank", method="VIRTUAL_ACCOUNT")
    cashier.sandbox.control("POST", "/payments", {"request": payments.open_window(order=order, at=now)})
    cashier.sandbox.control("POST", f"/payments/{order.order_id}/approve", {})
    payments.sync_order(order_id=order.order_id, at=now)
    cashier.sandbox.control("POST", f"/payments/{order.order_id}/deposit", {"amount": 50_000, "at": now.isoformat()})
    payments.sync_order(order_id=order.order_id, at=now)
    row = UnallocatedMoney.objects.get()
    door = at("payments_unallocatedmoney_allocate", row.pk)
    sent = {**DIALOG, "reason": "입금자를 확인함"}
    maker.post(door, sent)
    return asked(door, (door, sent))


def manual_credit(maker, minji, **_):
    door = at("advertisers_advertiser_give_credits", minji.pk)
    key = "00000000-0000-4000-8000-000000000009"
    maker.post(door, {**DIALOG, "credits": "10000", "lot_kind": "GOODWILL", "reason": "사과", "key": key})
    return asked(door)


def settle_claim(maker, debtor, **_):  # noqa: F811
    owed = credits.claim_of(debtor)
    door = at("advertisers_advertiser_settle_claim", debtor.pk)
    maker.post(
        door, {**DIALOG, "credits": str(owed), "way": "TRANSFER", "reason": "입금 확인", "key": "00000000-0000-4000-8000-000000000008"}
    )
    return asked(door)


def payout(maker, cashier, **_):
    maker.post(at("bank-statement"), {"text": line("T-1", "모르는 사람", 77_000)})
    maker.post(at("deposit-return", BankDeposit.objects.get().public_id), RETURN)
    row = BankPayout.objects.get()
    return Begun(
        page=at("bank"),
        says="다른 운영자가 보내야 해요",
        posts=((at("payout-start", row.public_id), {}),),
        moved=lambda: (BankPayout.objects.get().state, BankPayout.objects.get().sent_by_id),
    )


def raffle_money(maker, **_):
    maker.post(at("raffle-new"), wanted())
    row = Raffle.objects.get()
    return Begun(
        page=at("raffle-detail", row.public_id),
        says="다른 운영자",
        posts=((at("raffle-fund", row.public_id), {}),),
        moved=lambda: (Raffle.objects.get().state, Raffle.objects.get().funded_krw),
    )


def appeal(maker, minji, minji_user, **_):
    now = timezone.now()
    with transaction.atomic():
        ledger.grant_bonus(advertiser=minji, credits=100_000, key="given", at=now)
    row = campaigns.submit_campaign(
        advertiser=minji, spec=spec_of(now, ends_at=now + timedelta(days=9)), by=minji_user, at=now, key="appealed"
    )
    maker.post(at("review-reject", row.public_id), {"reason": "무엇을 광고하는지 알 수 없어요.", "version": "1"})
    row.refresh_from_db()
    assert row.state == State.REJECTED
    campaigns.appeal(campaign=row, text="가게 이름을 적었어요. 다시 봐 주세요.", by=minji_user, at=now)
    return Begun(
        page=at("review-detail", row.public_id),
        says="다른 심사 담당자",
        posts=((at("review-approve", row.public_id), {}), (at("review-reject", row.public_id), {"reason": "안 돼요.", "version": "1"})),
        moved=lambda: Campaign.objects.get(pk=row.pk).state,
    )


DEEDS = (
    Deed("refund", refund, kinds=("payments.refund",)),
    Deed("bank transfer", transfer, kinds=("payments.bank_transfer",), needs=("failed",)),
    Deed("money given back", give_back, kinds=("payments.return_money",)),
    Deed("money allocated", allocate, kinds=("payments.allocate_money",)),
    Deed("credits by hand", manual_credit, kinds=("credits.manual_credit",)),
    Deed("claim settled", settle_claim, kinds=("credits.settle_claim",), needs=("debtor",)),
    Deed("payout", payout),
    Deed("prize money", raffle_money, maker=(rights.CONTENT,), checker=(rights.FINANCE,), refusal="FunderIsMaker"),
    Deed("appeal", appeal, maker=(rights.REVIEWER,), checker=(rights.REVIEWER,), refusal="SameReviewer"),
)


@pytest.fixture
def begun(request, cashier, minji, minji_user):
    """The deed of this test, begun by an operator called maker."""
    deed = request.param
    person = hire("maker", *deed.maker)
    given = {name: request.getfixturevalue(name) for name in deed.needs}
    return deed, person, deed.begin(enter(person), cashier=cashier, minji=minji, minji_user=minji_user, **given)


def each(deed):
    return deed.name


class TestTheMaker:
    @pytest.mark.parametrize("begun", DEEDS, indirect=True, ids=each)
    def test_is_refused_by_page_crafted_post_second_role_and_as_superuser_and_another_is_not(self, begun):
        deed, maker, work = begun
        before = work.moved()
        page = enter(maker).get(work.page, follow=True)
        assert page.status_code == 200
        assert work.says in page.text, f"the page does not tell the maker of {deed.name}"

        self.try_all(maker, work)
        assert work.moved() == before, "a crafted POST went through"

        maker.groups.set([*rights.ensure_groups().values()])
        self.try_all(User.objects.get(pk=maker.pk), work)
        assert work.moved() == before, "a second role made a checker of the maker"

        User.objects.filter(pk=maker.pk).update(is_superuser=True)
        self.try_all(User.objects.get(pk=maker.pk), work)
        assert work.moved() == before, "a superuser was let through"

        self.try_all(hire("checker", *deed.checker), work, first_only=True)
        assert work.moved() != before, "nobody could finish it, so the refusals above say nothing"

    @staticmethod
    def try_all(person, work, *, first_only=False):
        client = enter(person)
        for url, sent in work.posts[: 1 if first_only else None]:
            assert client.post(url, sent).status_code < 500


class TestOwnRights:
    """Roles, networks and leaving are never one's own to change, whoever one is."""

    @pytest.mark.parametrize(
        ("door", "sent"),
        [
            ("identity_user_set_roles", {"roles": [rights.ADMIN, rights.FINANCE]}),
            ("identity_user_set_networks", {"networks": "203.0.113.0/24"}),
            ("identity_user_let_go", {}),
        ],
    )
    def test_are_refused_by_crafted_post_and_as_superuser(self, db, door, sent):
        hire("second", rights.ADMIN)
        for name, is_superuser in (("first", False), ("root", True)):
            person = hire(name, rights.ADMIN)
            User.objects.filter(pk=person.pk).update(is_superuser=is_superuser)
            enter(User.objects.get(pk=person.pk)).post(at(door, person.pk), {**DIALOG, **sent, "reason": "혼자 해 볼게요"})
            after = User.objects.get(pk=person.pk)
            assert after.is_active
            assert set(Group.objects.filter(user=after).values_list("name", flat=True)) == {rights.ADMIN}
            assert not AllowedNetwork.objects.filter(user=after).exists()


# Who asks for a second person, by module: the operators' kinds stand in DEEDS; the two of teams have tests of their own.
OF_TEAMS = {"payments/services/payers.py", "campaigns/services/seconding.py"}
OF_OPERATORS = {
    "payments/services/refunds.py": ("payments.refund",),
    "payments/services/transfers.py": ("payments.bank_transfer",),
    "payments/services/allocation.py": payments.MONEY_KINDS,
    "payments/services/manual.py": payments.MANUAL_KINDS,
}
REFUSALS = {"MakerIsChecker", "FunderIsMaker", "SameReviewer", "NotOneself", "ReviewerIsOwner"}


def modules():
    for app in ("identity", "advertisers", "credits", "payments", "rewards", "inquiries", "campaigns", "backoffice"):
        for path in sorted((ROOT / app).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text())


def asking():
    """The modules that call `approvals.ask`."""
    return {
        name
        for name, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and ast.unparse(node.func) == "approvals.ask"
    }


def said_who():
    """The refusals of the product that are about who somebody is: classes whose name speaks of maker, oneself, the same or the owner."""
    words = ("Maker", "Oneself", "SameReviewer", "IsOwner")
    classes = (node.name for _, tree in modules() for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    return {name for name in classes if any(word in name for word in words)}


class TestTheRegistry:
    def test_knows_every_module_that_asks_for_a_second_person(self):
        assert asking() == OF_TEAMS | set(OF_OPERATORS), "a new deed in pairs needs a row in DEEDS"

    def test_covers_every_kind_of_request_and_every_refusal(self):
        covered = {kind for deed in DEEDS for kind in deed.kinds}
        assert covered == {kind for kinds in OF_OPERATORS.values() for kind in kinds}
        assert said_who() == REFUSALS
        assert {deed.refusal for deed in DEEDS} | {"NotOneself", "ReviewerIsOwner"} == REFUSALS

    def test_is_backed_by_the_database(self, db):
        """Behind every service: a row that its own maker approved cannot be written."""
        maker, now = hire("maker", rights.ADMIN), timezone.now()
        with pytest.raises(IntegrityError, match="maker_is_not_checker"), transaction.atomic():
            ApprovalRequest.objects.create(
                kind="x.y", subject="x", summary="x", data=json.loads("{}"), key="x", made_by=maker, made_at=now, state="APPROVED",
                decided_by=maker, decided_at=now,
            )  # fmt: skip
