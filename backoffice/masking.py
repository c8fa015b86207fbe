"""How contacts are shown to operators who have no reason to read them."""

from identity import phones
from identity.contacts import SHOWN
from identity.contacts import masked_email as email
from identity.models import User

__all__ = ["email", "login_id", "phone"]


def phone(number: str) -> str:
    """010-****-5678; empty stays empty."""
    return phones.masked(number)


def login_id(user: User) -> str:
    """A login ID; one that is an address or a phone number is masked like one."""
    if "@" in user.username:
        return email(user.username)
    digits = user.username.removeprefix("+")
    return f"{user.username[:SHOWN]}***{user.username[-SHOWN:]}" if digits.isdigit() else user.username
