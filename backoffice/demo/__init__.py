"""
The people and the money of `make demo`.

Money, campaigns and participations go through the services that real people use, and payments through the payment company's wire
format, so the demo obeys every rule of the product. Fixed identities: journeys, the traffic simulator and people who try the
product from outside rely on them. Loading twice changes nothing.
"""

from datetime import datetime

from backoffice.demo.people import MEMBER_PHONE, OPERATORS, PASSWORD, accounts, load_people, second_factor
from backoffice.demo.story import is_told, tell
from inquiries import first_content

__all__ = ["MEMBER_PHONE", "OPERATORS", "PASSWORD", "accounts", "is_told", "load", "load_people", "second_factor", "tell"]


def load(*, at: datetime) -> bool:
    """
    Make the people and the week behind them; False when all of it was there already. What an interrupted load left out is added.

    :raises GatewayError: the sandbox cannot be reached.
    """
    made = load_people(at=at)
    first_content.write(at=at)
    return tell(at=at) or made
