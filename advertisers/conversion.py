"""From a person to a business, by the certificate: the tax office is asked first, and an outage there stops nobody."""

from datetime import datetime

from advertisers import services, tax_office
from advertisers.models import Advertiser, BusinessUser
from advertisers.signup.schemas import BusinessAnswer
from advertisers.tax_office import Claim
from identity.models import User


def convert(*, advertiser: Advertiser, answer: BusinessAnswer, by: User, at: datetime) -> BusinessUser:
    """
    Ask the tax office, then exchange the profile. Ledger, orders, campaigns, team and keys stay as they are; papers are still to come.

    :raises tax_office.BusinessClosed, tax_office.BusinessDiffers: see `tax_office.examine`; only its answers were written.
    :raises services.NotPersonal: it is a business already, or was closed.
    """
    if advertiser.kind != Advertiser.Kind.PERSONAL:
        raise services.NotPersonal
    claim = Claim(answer.registration_number, answer.opened_on, answer.representative)
    known = tax_office.examine(claim, is_as_on_paper=answer.is_as_on_paper, by=by, at=at)
    return services.become_business(advertiser=advertiser, by=by, at=at, **answer.facts(), **known)
