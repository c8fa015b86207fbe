"""Who may let themselves into the pay window: within their limit, or with a second member."""

from datetime import timedelta

import pytest
from django.utils import timezone

from advertisers import services as advertisers
from identity.approvals import AlreadyDecided, MakerIsChecker
from identity.models import ApprovalRequest, Notification
from payments import services
from payments.models import PaymentOrder
from tests.advertisers.conftest import join
from tests.signing_in import browser

State = PaymentOrder.State


def choose(client, packages, credits=100_000, key="00000000-0000-4000-8000-00000000000b"):
    package = packages[credits]
    return client.post("/payments/top-up/", {"package": package.pk, "shown_krw": package.amount_krw, "agree": "on", "key": key})


@pytest.fixture
def mina(minji, minji_user, at):
    """A manager who may pay for 300,000 credits a month alone."""
    user = join(minji, "mina", "MANAGER")
    advertisers.set_limit(advertiser=minji, role="MANAGER", monthly_credits=None, monthly_top_up_credits=300_000, by=minji_user, at=at)
    return user


class TestTheLimit:
    def order(self, minji, packages, by, at, credits=500_000, key="k"):
        return services.create_order(advertiser=minji, package=packages[credits], by=by, at=at, key=f"{key}:{credits}")

    def test_adv_33_what_is_above_it_waits_for_a_second_member_and_both_see_it(self, minji, minji_user, mina, packages):
        asker, owner = browser(mina), browser(minji_user)
        page = choose(asker, packages, 500_000)
        order = PaymentOrder.objects.get()
        assert (page.headers["Location"], order.state) == (f"/payments/orders/{order.order_id}/", State.CREATED)
        request = ApprovalRequest.objects.get()
        assert Notification.objects.get(user=minji_user, kind="payments.second_member_asked").url == "/payments/approvals/"
        assert "500,000크레딧 충전" in asker.get("/payments/approvals/").text
        assert "승인하기" in owner.get("/payments/approvals/").text
        owner.post(f"/payments/approvals/{request.public_id}/approve/")
        order.refresh_from_db()
        assert (order.seconded_by, order.state) == (minji_user, State.CREATED)
        assert Notification.objects.get(user=mina, kind="payments.second_member_agreed").url == f"/payments/orders/{order.order_id}/"
        assert asker.post(f"/payments/orders/{order.order_id}/open/").headers["Location"].endswith("#pay")

    def test_adv_33_parts_add_up_and_an_open_window_counts(self, minji, mina, packages, at):
        services.open_window(order=self.order(minji, packages, mina, at, 100_000), at=at, by=mina)
        with pytest.raises(services.OverTopUpLimit) as refused:
            services.open_window(order=self.order(minji, packages, mina, at, 300_000), at=at, by=mina)
        assert refused.value.context["left"] == 200_000
        next_month = at + timedelta(days=10)
        services.open_window(order=self.order(minji, packages, mina, next_month, 300_000), at=next_month, by=mina)

    def test_adv_33_counts_for_whoever_opens_the_window(self, minji, minji_user, mina, packages, at):
        order = self.order(minji, packages, minji_user, at)
        with pytest.raises(services.OverTopUpLimit):
            services.open_window(order=order, at=at, by=mina)
        order.refresh_from_db()
        assert order.state == State.CREATED
        services.open_window(order=order, at=at, by=minji_user)

    def test_adv_33_of_one_member_comes_before_that_of_the_role(self, minji, minji_user, mina, packages, at):
        member = mina.memberships.get()
        advertisers.set_member_limit(
            advertiser=minji, member=member.public_id, monthly_credits=None, monthly_top_up_credits=500_000, by=minji_user, at=at
        )
        services.open_window(order=self.order(minji, packages, mina, at), at=at, by=mina)
        assert advertisers.limits_for(advertiser=minji, user=mina) == advertisers.Limits(launch=None, top_up=500_000)

    def test_adv_33_nobody_agrees_with_themselves_above_their_own_or_twice(self, minji, minji_user, mina, packages, at):
        order = self.order(minji, packages, mina, at)
        request = services.ask_second(order=order, by=mina, at=at)
        assert services.ask_second(order=order, by=mina, at=at) == request
        colleague = join(minji, "other", "MANAGER")
        with pytest.raises(MakerIsChecker):
            services.approve_as_second(advertiser=minji, request=request.public_id, by=mina, at=at)
        with pytest.raises(services.OverTopUpLimit):
            services.approve_as_second(advertiser=minji, request=request.public_id, by=colleague, at=at)
        order.refresh_from_db()
        request.refresh_from_db()
        assert (order.seconded_by, request.is_waiting) == (None, True)
        services.approve_as_second(advertiser=minji, request=request.public_id, by=minji_user, at=at)
        with pytest.raises(AlreadyDecided):
            services.approve_as_second(advertiser=minji, request=request.public_id, by=minji_user, at=at)

    def test_adv_33_a_no_leaves_the_order_closed_and_may_be_asked_again(self, minji, minji_user, mina, packages, at):
        order = self.order(minji, packages, mina, at)
        request = services.ask_second(order=order, by=mina, at=at)
        services.refuse_as_second(advertiser=minji, request=request.public_id, by=minji_user, reason="이번 달은 넘겨요", at=at)
        with pytest.raises(services.OverTopUpLimit):
            services.open_window(order=order, at=at, by=mina)
        assert services.ask_second(order=order, by=mina, at=at).pk != request.pk

    def test_adv_33_is_no_strangers(self, minji, minji_user, eve, eve_user, mina, packages, at):
        request = services.ask_second(order=self.order(minji, packages, mina, at), by=mina, at=at)
        with pytest.raises(services.NothingToDecide):
            services.approve_as_second(advertiser=eve, request=request.public_id, by=eve_user, at=at)
        assert "500,000크레딧" not in browser(eve_user).get("/payments/approvals/").text

    def test_adv_33_two_windows_at_once_cannot_both_find_room(self, minji, mina, packages, at):
        """The second reads what the first wrote: the wallet is locked from the count to the window."""
        orders = [self.order(minji, packages, mina, at, credits) for credits in (300_000, 100_000)]
        services.open_window(order=orders[0], at=at, by=mina)
        with pytest.raises(services.OverTopUpLimit):
            services.open_window(order=orders[1], at=at, by=mina)


class TestSettingLimits:
    def test_is_the_owners_for_every_role_that_spends(self, minji, minji_user):
        client = browser(minji_user)
        page = client.get("/my-page/team/").text
        assert [word in page for word in ("운영 담당 한도", "재무 담당 한도", "보고서 열람 한도")] == [True, True, False]
        client.post("/my-page/team/set-limit/", {"role": "MANAGER", "monthly_credits": "5,000", "monthly_top_up_credits": "100,000"})
        client.post("/my-page/team/set-limit/", {"role": "FINANCE", "monthly_top_up_credits": "200000"})
        Limits = advertisers.Limits
        assert advertisers.limits_of_roles(advertiser=minji) == {"MANAGER": Limits(5_000, 100_000), "FINANCE": Limits(None, 200_000)}
        history = client.get("/my-page/team/history/").text
        assert "재무 담당의 한 달 충전 한도: 한도 없음 → 200,000크레딧" in history

    @pytest.mark.parametrize("role", ["OWNER", "REPORTER", "", "NOBODY"])
    def test_refuses_roles_that_have_none(self, minji, minji_user, role):
        client = browser(minji_user)
        client.post("/my-page/team/set-limit/", {"role": role, "monthly_top_up_credits": "1"})
        assert "한도를 정할 수 있는 역할이 아니에요" in client.get("/my-page/team/").text
        with pytest.raises(advertisers.NothingToLimit):
            advertisers.set_limit(advertiser=minji, role=role, monthly_credits=1, by=minji_user, at=timezone.now())

    def test_says_beside_the_field_what_is_no_amount(self, minji, minji_user):
        answer = browser(minji_user).post("/my-page/team/set-limit/", {"role": "FINANCE", "monthly_top_up_credits": "-1"})
        assert answer.status_code == 422
        assert 'id="id_FINANCE_monthly_top_up_credits"' in answer.text
        assert advertisers.limits_of_roles(advertiser=minji)["FINANCE"] == advertisers.Limits()

    def test_for_one_member_is_a_page_of_their_own(self, minji, minji_user, mina, jisoo):
        client, member = browser(minji_user), mina.memberships.get()
        path = f"/my-page/team/members/{member.public_id}/limit/"
        assert "충전 300,000크레딧" in client.get(path).text
        client.post(path, {"monthly_credits": "7,000", "monthly_top_up_credits": ""})
        assert advertisers.limits_for(advertiser=minji, user=mina) == advertisers.Limits(launch=7_000, top_up=300_000)
        assert f"{mina.get_full_name()} 님의 한 달 한도: 역할 한도 → 7,000크레딧" in client.get("/my-page/team/history/").text
        assert client.get(f"/my-page/team/members/{jisoo.memberships.get().public_id}/limit/").status_code == 404
        assert browser(mina).get(path).status_code == 403
