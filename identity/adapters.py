"""What allauth asks of us."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Sign-up, phone and mail behaviour of the three portals."""


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Second factor behaviour."""
