"""A person becomes a business, by the pages and with the tax office at the other end."""

import pytest
from django.db import transaction

from advertisers import opening
from advertisers.models import Advertiser, BusinessCheck, BusinessUser, PersonalUser
from credits import selectors as balances
from credits import services as credits
from identity.models import User
from tests import factories
from tests.advertisers.applicants import BUSINESS
from tests.advertisers.conftest import join
from tests.signing_in import browser

PAGE = "/my-page/business/"


@pytest.fixture
def solo(db, outside, at) -> Advertiser:
    """A person with 1,000 credits, who signs in as `solo`; the suppliers are the sandbox's."""
    with transaction.atomic():
        advertiser = opening.open_personal(name="김혼자")
        opening.add_owner(advertiser=advertiser, user=factories.UserFactory(username="solo", email="solo@example.com"))
        credits.top_up(advertiser=advertiser, credits=1_000, order_id="o-1", gateway="portone", key="o-1:top_up", at=at)
    return advertiser


@pytest.fixture
def solo_user(solo) -> User:
    return User.objects.get(username="solo")


def still_a_person(solo) -> bool:
    solo.refresh_from_db()
    return solo.kind == "PERSONAL" and PersonalUser.objects.filter(advertiser=solo).exists() and not BusinessUser.objects.exists()


class TestBecomingABusiness:
    def test_keeps_the_ledger_and_leads_to_the_papers(self, solo, solo_user):
        client, before = browser(solo_user), balances.balance(solo)
        assert "사업자 회원으로 바꾸기" in client.get("/my-page/profile/").text
        assert client.post(PAGE, BUSINESS).headers["Location"] == "/my-page/papers/"
        solo.refresh_from_db()
        assert (solo.kind, solo.business.tax_state, solo.business.papers_state) == ("BUSINESS", "ACTIVE", "MISSING")
        assert balances.balance(solo) == before
        assert (solo.business.identity_state, str(solo.business.opened_on)) == ("MATCHES", "2020-03-02")
        asked = BusinessCheck.objects.order_by("pk").values_list("question", "state", "by")
        assert list(asked) == [("STATUS", "ACTIVE", solo_user.pk), ("IDENTITY", "MATCHES", solo_user.pk)]
        assert client.get(PAGE).status_code == 404
        assert client.get("/my-page/papers/").status_code == 200

    @pytest.mark.parametrize("number", ["123-45-67890", "999-01-00014", "", "abc"])
    def test_refuses_a_number_beside_its_field_and_keeps_the_rest(self, solo, solo_user, number):
        answer = browser(solo_user).post(PAGE, {**BUSINESS, "registration_number": number})
        assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["registration_number"])
        assert "온결상회" in answer.text
        assert still_a_person(solo)

    @pytest.mark.parametrize("number", ["999-03-00036", "999-05-00059"])
    def test_refuses_what_is_closed_or_unknown_at_the_tax_office(self, solo, solo_user, number):
        answer = browser(solo_user).post(PAGE, {**BUSINESS, "registration_number": number})
        assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["registration_number"])
        assert still_a_person(solo)

    def test_is_refused_when_the_tax_office_knows_another_representative_until_the_paper_may_decide(self, solo, solo_user):
        client, answers = browser(solo_user), {**BUSINESS, "representative": "다른사람"}
        refused = client.post(PAGE, answers)
        assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["representative"])
        assert "등록증에 적힌 대로 적었어요" in refused.text
        assert still_a_person(solo)
        assert client.post(PAGE, {**answers, "is_as_on_paper": "on"}).status_code == 302
        solo.refresh_from_db()
        assert (solo.business.identity_state, solo.business.representative) == ("DIFFERS", "다른사람")

    def test_is_not_stopped_by_an_outage_of_the_tax_office(self, solo, solo_user, outside):
        outside.fault(service="tax-office", count=2, kind="error", status=503)
        assert browser(solo_user).post(PAGE, BUSINESS).status_code == 302
        solo.refresh_from_db()
        assert (solo.kind, solo.business.tax_state, solo.business.tax_checked_at) == ("BUSINESS", "UNKNOWN", None)
        assert (solo.business.identity_state, solo.business.identity_checked_at) == ("UNKNOWN", None)

    def test_is_the_owners(self, solo):
        manager = join(solo, "mate", "MANAGER")
        assert [browser(manager).get(PAGE).status_code, browser(manager).post(PAGE, BUSINESS).status_code] == [403, 403]
        assert still_a_person(solo)
