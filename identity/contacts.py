"""How contacts are shown to people who have no reason to read them in full."""

SHOWN = 2  # letters of an address that stay readable


def masked_email(address: str) -> str:
    """ow***@demo.boost; empty stays empty."""
    name, at_sign, host = address.partition("@")
    return f"{name[:SHOWN]}***{at_sign}{host}" if at_sign else ""
