"""What every part of the sandbox works with, made once per process."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from sandbox.book import Book
from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.portone.webhooks import Webhooks
from sandbox.settings import SandboxSettings
from sandbox.toss.webhooks import TossWebhooks


@dataclass(frozen=True, slots=True)
class Sandbox:
    """Settings, the book, and the things that hang on it."""

    settings: SandboxSettings
    book: Book
    clock: Clock
    faults: Faults
    webhooks: Webhooks
    toss_webhooks: TossWebhooks

    @classmethod
    def open(cls, settings: SandboxSettings, book: Book) -> Sandbox:
        """Put the parts together."""
        clock = Clock(book)
        return cls(
            settings=settings,
            book=book,
            clock=clock,
            faults=Faults(book),
            webhooks=Webhooks(settings, book, clock),
            toss_webhooks=TossWebhooks(settings, book, clock),
        )


def sandbox_of(request: Request) -> Sandbox:
    """The sandbox that this request reached."""
    found: Sandbox = request.app.state.sandbox
    return found
