"""How contacts are shown to people who have no reason to read them."""

from identity import phones
from identity.models import User

SHOWN = 2  # letters of an address that stay readable


def email(address: str) -> str:
    """ow***@demo.boost; empty stays empty."""
    name, at_sign, host = address.partition("@")
    return f"{name[:SHOWN]}***{at_sign}{host}" if at_sign else ""


def phone(number: str) -> str:
    """010-****-5678; empty stays empty."""
    return phones.masked(number)


def login_id(user: User) -> str:
    """A login ID; one that is an address or a phone number is masked like one."""
    if "@" in user.username:
        return email(user.username)
    digits = user.username.removeprefix("+")
    return f"{user.username[:SHOWN]}***{user.username[-SHOWN:]}" if digits.isdigit() else user.username
