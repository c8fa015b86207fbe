"""
Doing something in full and undoing it: every check, every lock and every row as in earnest, and nothing of it stays.

A program that is being written calls with a test key. Its request runs inside one transaction that is always rolled back, so the answer
is what the real one would be, while no credit, no campaign and no effect outlives it. See docs/adr/0014.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse

from common.errors import DomainError

HEADER = "Boost-Test"
_SAFE = ("GET", "HEAD", "OPTIONS")


class NotRehearsed(DomainError):
    """It would leave something behind that no transaction undoes."""

    code = "common.not_rehearsed"
    message = "테스트 키로는 해 볼 수 없는 일이에요. 실제 키로 보내 주세요."
    http_status = 403


def mark(request: HttpRequest, *, is_test: bool) -> None:
    """Say whether what this request changes is to be undone."""
    request._is_rehearsed = is_test  # type: ignore[attr-defined]


def is_marked(request: HttpRequest) -> bool:
    """True when what this request changes will be undone."""
    return bool(getattr(request, "_is_rehearsed", False))


def refuse(request: HttpRequest) -> None:
    """:raises NotRehearsed: the request is to be undone, and this cannot be."""
    if is_marked(request):
        raise NotRehearsed


@contextmanager
def undone() -> Iterator[None]:
    """
    A transaction that is rolled back whatever happens. Services inside commit as they always do, into nothing: Django counts the block
    like the one that a test case wraps around a test, which is what lets `atomic(durable=True)` work in it.
    """
    block: Any = transaction.atomic()
    block._from_testcase = True
    with block:
        try:
            yield
        finally:
            transaction.set_rollback(True)


def operation(view: Callable[..., Any]) -> Callable[..., Any]:
    """For every operation of an API, after its caller is known: what a marked request changes is undone."""

    @wraps(view)
    def rehearsed(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not is_marked(request) or request.method in _SAFE:
            return view(request, *args, **kwargs)
        with undone():
            return view(request, *args, **kwargs)

    return rehearsed


def answer(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For every operation of an API, around the whole of it: the answer to a marked request says so in its header."""

    @wraps(view)
    def told(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if is_marked(request):
            response[HEADER] = "true"
        return response

    return told
