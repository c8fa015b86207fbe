"""
What each page of the advertiser portal asks the database: at most twelve questions, session and person among them, and as many for a team
that has much as for one that has little.
"""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from advertisers import services as team
from campaigns.services import clock, counting, counting_people
from credits import services as ledger
from credits.services.closing import close_finished_days
from tests import factories
from tests.advertisers.receivers import endpoint, happens
from tests.campaigns.test_participation import complete
from tests.signing_in import browser

MOST = 12
PAGES = (
    "/dashboard/", "/campaigns/", "/my-page/", "/my-page/credit/", "/my-page/payment/", "/my-page/refunds/", "/my-page/refund-account/",
    "/my-page/auto-top-up/", "/my-page/statements/", "/payments/top-up/", "/payments/approvals/", "/my-page/analytics/",
    "/my-page/analytics/?compare=before&first=2026-01-01&last=2026-11-30", "/my-page/analytics/exports/", "/my-page/analytics/reports/",
    "/my-page/profile/", "/my-page/papers/", "/my-page/team/", "/my-page/team/history/", "/my-page/api-keys/", "/my-page/webhooks/",
    "/my-page/notifications/", "/my-page/notifications/preferences/", "/my-page/inquiries/", "/my-page/inquiries/new/",
    "/accounts/sessions/", "/accounts/consents/", "/accounts/2fa/",
)  # fmt: skip


@pytest.fixture
def grow(launch, minji, minji_user, at):
    """Let the team have one more of everything that its pages show, some of it spent."""

    def grow(number):
        campaign = launch(key=f"more{number}", budget=240, pacing="EVEN" if number % 2 else "ASAP")
        for _ in range(2):
            complete(factories.MemberFactory(), campaign, at)
        clock.capture(at=at + timedelta(minutes=1))
        counting.recount(since=at, until=at + timedelta(hours=1), at=at + timedelta(days=1))
        counting_people.count_people(at=at + timedelta(days=1))
        with transaction.atomic():
            ledger.top_up(advertiser=minji, credits=10, order_id=f"more{number}", gateway="portone", key=f"more{number}", at=at)
        factories.MembershipFactory(advertiser=minji, role="MANAGER")
        team.make_key(membership=minji_user.memberships.get(), name=f"key {number}", scopes=["campaigns.read"], at=at)
        happens(minji, f"low:{number}", at=at)

    return grow


def test_every_page_asks_at_most_twelve_times_and_as_often_for_much_as_for_little(grow, minji, minji_user, settings, at):
    settings.WEBHOOK_TRUSTED_ORIGINS = ["http://127.0.0.1:9"]
    endpoint(minji, minji_user, "http://127.0.0.1:9/", at=at)
    client, later = browser(minji_user), at + timedelta(hours=1)

    def asked():
        found = {}
        with time_machine.travel(later, tick=False):
            for page in PAGES:
                client.get(page)
                with CaptureQueriesContext(connection) as seen:
                    assert client.get(page).status_code == 200, page
                found[page] = [question["sql"] for question in seen]
        return found

    grow(1)
    close_finished_days(at=at + timedelta(days=1))
    few = asked()
    for number in range(2, 5):
        grow(number)
    many = asked()
    numbers = {page: len(questions) for page, questions in many.items()}
    assert {page: number for page, number in numbers.items() if number > MOST} == {}, numbers
    assert {page: len(questions) for page, questions in few.items()} == numbers
    assert all("django_session" in questions[0] and "identity_user" in questions[1] for questions in many.values())
    assert not [sql for questions in many.values() for sql in questions if "campaigns_participation" in sql]
