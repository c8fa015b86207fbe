"""The room of surety policies: noted and prolonged with a reason, everything before kept."""

import pytest
from django.utils import timezone

from backoffice import rights
from common.kst import day_of
from payments.models import SuretyPolicy
from tests.backoffice.pressing import at


@pytest.fixture
def wish():
    return {
        "number": "100-000-20261128", "insurer": "서울보증보험", "amount_krw": "5000000", "valid_from": "2026-01-01",
        "valid_until": "2099-12-31", "reason": "새로 가입했어요",
    }  # fmt: skip


def add(client, wish):
    return client.post(at("payments_suretypolicy_add"), wish)


class TestTheRoom:
    def test_notes_a_policy_and_keeps_who_and_why(self, desk, wish):
        client = desk(rights.FINANCE)
        assert add(client, wish).status_code == 302

        policy = SuretyPolicy.objects.get()
        event = SuretyPolicy.pgh_event_model.objects.get()
        assert (policy.amount_krw, policy.valid_until.isoformat()) == (5_000_000, "2099-12-31")
        assert (event.pgh_label, event.pgh_context["reason"]) == ("insert", "새로 가입했어요")
        assert "100-000-20261128" in client.get(at("payments_suretypolicy_changelist")).content.decode()

    def test_prolongs_one_and_keeps_what_was_before(self, desk, wish):
        client = desk(rights.FINANCE)
        add(client, wish)
        page = at("payments_suretypolicy_change", SuretyPolicy.objects.get().pk)

        client.post(page, {"valid_until": "2100-12-31", "amount_krw": "1", "reason": "갱신했어요"})

        policy = SuretyPolicy.objects.get()
        ends = list(SuretyPolicy.pgh_event_model.objects.order_by("pk").values_list("valid_until__year", flat=True))
        assert (policy.amount_krw, policy.valid_until.year, ends) == (5_000_000, 2100, [2099, 2100])

    def test_refuses_an_end_before_the_beginning_and_a_missing_reason(self, desk, wish):
        client = desk(rights.FINANCE)
        for changes, field in (({"valid_until": "2025-12-31"}, "valid_until"), ({"reason": ""}, "reason")):
            answer = add(client, wish | changes)
            assert field in answer.context["adminform"].form.errors
        assert not SuretyPolicy.objects.exists()

    def test_offers_no_way_to_delete_one(self, desk, wish):
        client = desk(rights.FINANCE)
        add(client, wish)

        answer = client.post(at("payments_suretypolicy_delete", SuretyPolicy.objects.get().pk), {"post": "yes"})

        assert (answer.status_code, SuretyPolicy.objects.count()) == (403, 1)
        assert day_of(timezone.now()) <= SuretyPolicy.objects.get().valid_until
