"""Access tokens of the reward app that are out already. From when on a person's tokens count, rewards knows, which lives above identity."""

from datetime import datetime

from django.conf import settings
from django.utils.module_loading import import_string

from identity.models import User


def end(user: User, *, at: datetime) -> None:
    """
    Let nothing that was issued to a person before `at` open anything any more. A device that is still signed in refreshes once and goes on.
    Joins the caller's transaction, if there is one.
    """
    import_string(settings.APP_TOKENS_END)(user, at=at)
