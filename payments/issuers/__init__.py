"""Who issues our tax documents."""

from django.conf import settings
from django.utils.module_loading import import_string

from payments.issuers.base import Issuer


def get_issuer() -> Issuer:
    """The issuer that the settings name."""
    issuer: Issuer = import_string(settings.TAX_ISSUER)()
    return issuer
