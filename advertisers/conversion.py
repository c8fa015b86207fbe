"""From a person to a business, by the certificate: the tax office is asked first, and an outage there stops nobody."""

from datetime import datetime
from typing import Any

from django.db import transaction

from advertisers import services, tax_office
from advertisers.models import Advertiser, BusinessUser
from advertisers.signup.schemas import BusinessAnswer
from advertisers.signup.services import BusinessClosed
from identity.models import User

TaxState = BusinessUser.TaxState


def convert(*, advertiser: Advertiser, answer: BusinessAnswer, by: User, at: datetime) -> BusinessUser:
    """
    Ask the tax office, then exchange the profile. Ledger, orders, campaigns, team and keys stay as they are; papers are still to come.

    :raises BusinessClosed: the tax office says that the number is closed or unknown; only its answer was written.
    :raises services.NotPersonal: it is a business already, or was closed.
    """
    if advertiser.kind != Advertiser.Kind.PERSONAL:
        raise services.NotPersonal
    standing = tax_office.standing_of(answer.registration_number)
    with transaction.atomic(durable=True):
        tax_office.write_down(standing, by=by, at=at)
    if standing.state in (TaxState.CLOSED, TaxState.UNREGISTERED):
        raise BusinessClosed(what="폐업한" if standing.state == TaxState.CLOSED else "등록되지 않은")
    known: dict[str, Any] = {
        "tax_state": standing.state,
        "tax_type": standing.tax_type,
        "tax_checked_at": at if standing.is_known else None,
    }
    return services.become_business(advertiser=advertiser, by=by, at=at, **answer.model_dump(), **known)
