"""Where a list goes on: a signed place, so that nobody can ask for one that we did not give."""

from collections.abc import Sequence
from typing import Any

from django.core import signing

from common.errors import DomainError

LONGEST = 500


class CursorRefused(DomainError):
    code = "common.cursor_refused"
    message = "목록의 위치를 알 수 없어요. 처음부터 다시 불러 주세요."
    http_status = 422


def place(values: Sequence[Any], *, of: str) -> str:
    """A cursor after the row with these values. of: the list it belongs to."""
    return _signer(of).sign_object(list(values), compress=False)


def after(text: str, *, of: str) -> list[Any]:
    """
    The values of the row that was last.

    :raises CursorRefused: not ours, or of another list.
    """
    if len(text) > LONGEST or not text.isascii():
        raise CursorRefused
    try:
        values: list[Any] = _signer(of).unsign_object(text)
    except (signing.BadSignature, ValueError):
        raise CursorRefused from None
    return values


def known(text: str, *, of: str) -> str:
    """The cursor of a page's address if it is ours, else the beginning: a page that was saved long ago opens all the same."""
    try:
        return text if text and after(text, of=of) else ""
    except CursorRefused:
        return ""


def _signer(of: str) -> signing.Signer:
    return signing.Signer(salt=f"common.cursors.{of}")
