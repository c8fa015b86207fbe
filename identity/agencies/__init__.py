"""Identity agencies behind one interface: settings.IDENTITY_AGENCIES maps a name to a class."""

from django.conf import settings
from django.utils.module_loading import import_string

from identity.agencies.base import Agency


def get_agency(name: str) -> Agency:
    """
    The adapter of an agency by its name in IdentityCheck.Provider.

    :raises KeyError: none of that name is configured.
    """
    agency: Agency = import_string(settings.IDENTITY_AGENCIES[name])()
    return agency
