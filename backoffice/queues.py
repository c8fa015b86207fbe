"""What desks that work through a queue share: which item comes next, why something was refused, what became of many at once."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse

from common.errors import DomainError

T = TypeVar("T")
_KEPT = ("q", "tab", "kind", "type", "standing")  # what of a question a decision leads back to


def chain(numbers: Sequence[UUID], *, asked: str) -> tuple[str, dict[UUID, str]]:
    """
    Which item is the current one, and which comes after each; the last one is followed by the one before it.

    asked: the number that the decision before named; another or none begins with the first.
    """
    texts = [str(number) for number in numbers]
    following = {number: (texts[place + 1] if place + 1 < len(texts) else texts[place - 1]) for place, number in enumerate(numbers)}
    return (asked if asked in texts else texts[0] if texts else ""), following


def onward(request: HttpRequest, name: str) -> HttpResponse:
    """Back to the queue as it was asked for, at the item that comes next."""
    asked = QueryDict(request.POST.get("question", "")[:300])
    kept = {key: asked[key] for key in _KEPT if key in asked}
    if following := request.POST.get("next", "")[:36]:
        kept["item"] = following
    return redirect(f"{reverse(f'admin:{name}')}?{urlencode(kept)}" if kept else f"admin:{name}")


def reason_of(request: HttpRequest) -> str:
    """Why: what was typed, or the ready sentence that was chosen."""
    typed, chosen = (request.POST.get(name, "").replace("\x00", "").strip() for name in ("reason", "choice"))
    return (typed or chosen)[:300]


def numbers_of(request: HttpRequest, name: str) -> list[UUID]:
    """
    What was ticked.

    :raises Http404: something that no page of ours offers.
    """
    try:
        return [UUID(number) for number in request.POST.getlist(name)]
    except ValueError:
        raise Http404("no such item") from None


def each(request: HttpRequest, rows: Iterable[T], deed: Callable[[T], Any], *, label: Callable[[T], str], done: str) -> int:
    """
    Do one deed to each row, each in a transaction of its own, and say what became of every one: those that went well together, the
    others one by one with the reason. How many went well.   done: "{count}건을 …".
    """
    count, refused = 0, []
    for row in rows:
        try:
            deed(row)
        except DomainError as refusal:
            refused.append(f"{label(row)}: {refusal}")
        else:
            count += 1
    if count:
        messages.success(request, done.format(count=f"{count:,}"))
    for sentence in refused:
        messages.error(request, sentence)
    if not count and not refused:
        messages.error(request, "고른 것이 없어요. 목록에서 골라 주세요.")
    return count
