"""
What stands in the way of closing an account. The apps above say it, each in one function named in settings.CLOSING_BLOCKERS:

    def blockers(advertiser: Advertiser, *, lock: bool) -> list[Blocker]
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.utils.module_loading import import_string

from advertisers.models import Advertiser


@dataclass(frozen=True, slots=True)
class Blocker:
    """One reason, and the page on which it is solved. code: stable.   text: a sentence.   url, label: the button."""

    code: str
    text: str
    url: str
    label: str


def blockers_of(advertiser: Advertiser, *, lock: bool = False) -> list[Blocker]:
    """
    Everything that has to be solved first; empty when the account may be closed.

    lock: hold the wallet until the transaction ends, so that nothing new begins meanwhile.
    """
    functions: list[Callable[..., list[Blocker]]] = [import_string(path) for path in settings.CLOSING_BLOCKERS]
    found = [blocker for function in functions for blocker in function(advertiser, lock=lock)]
    if advertiser.is_restricted:
        found.append(Blocker("restricted", f"계정이 제한되어 있어요. {advertiser.restricted_reason}", "/my-page/", "계정 상태 보기"))
    return found
