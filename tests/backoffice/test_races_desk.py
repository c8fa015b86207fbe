"""Two operators whose presses arrive in the same moment, through the pages. The services' races and their controls stand in their apps."""

from datetime import timedelta

import pytest
from django.utils import timezone

from backoffice import rights
from campaigns import services as campaigns
from campaigns.models import CampaignEvent
from payments.models import Refund
from tests.backoffice.conftest import enter, hire
from tests.backoffice.pressing import at
from tests.campaigns.conftest import spec_of
from tests.campaigns.racing import together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def submitted(minji, minji_user):
    """A campaign of Minji's that starts tomorrow and waits for its review."""
    now = timezone.now()
    spec = spec_of(now, starts_at=now + timedelta(days=1), ends_at=now + timedelta(days=11))
    return campaigns.submit_campaign(advertiser=minji, spec=spec, by=minji_user, at=now, key="first")


def two(role):
    """Two operators at two desks, both of whom press twice."""
    return [enter(hire(name, role)) for name in ("boram", "chanho")] * 2


def test_ops_07_a_refund_approved_at_two_desks_at_once_goes_to_the_card_company_once(cashier, minji, minji_user):
    refund = cashier.ask(cashier.top_up(minji, minji_user, 100_000), minji_user)
    desks = two(rights.FINANCE)

    pages = together([lambda client=client: client.post(at("refund-approve", refund.public_id)) for client in desks])
    cashier.work()

    assert {page.status_code for page in pages} == {302}
    refund.refresh_from_db()
    assert refund.state == Refund.State.DONE
    assert (len(cashier.cancel_calls()), len(cashier.cancels(refund.order))) == (1, 1)


def test_a_campaign_approved_at_two_desks_at_once_is_decided_once(submitted):
    desks = two(rights.REVIEWER)

    pages = together([lambda client=client: client.post(at("review-approve", submitted.public_id)) for client in desks])

    assert {page.status_code for page in pages} == {302}
    assert CampaignEvent.objects.filter(to_state="APPROVED").count() == 1
