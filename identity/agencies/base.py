"""What every identity agency does for us: name the window a person sees, and tell our server who it was."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Window:
    """
    How a browser gets to the agency's window.

    script: address of a browser script, with `parameters` for it; or empty, and the page posts `fields` to `action`.
    hosts: origins that the page must be allowed to run, frame and post to.
    """

    hosts: tuple[str, ...]
    script: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    action: str = ""
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Person:
    """
    Who it was, as the agency told our server. ci: never stored, never logged.

    phone: E.164 or empty.   sex: "M", "F" or empty.   is_foreigner: None when the agency does not say.
    """

    ci: str
    name: str
    birth_on: date
    phone: str = ""
    sex: str = ""
    is_foreigner: bool | None = None

    def __repr__(self) -> str:
        return "Person(***)"


class NotVerified(Exception):
    """The person did not get through: left the window, or the agency said no. code: the agency's word, safe to log."""

    def __init__(self, code: str) -> None:
        self.code = code[:60]
        super().__init__(self.code)


class NotBelieved(NotVerified):
    """The answer is not about this try, not from this agency, or was changed on the way. Nothing of it may be used."""


class Agency(Protocol):
    """
    An adapter speaks HTTP and dataclasses: no models, no request, always a time limit.

    repeatable: after a silence the same try may be asked about again.
    """

    repeatable: bool

    def new_ref(self) -> str: ...
    def window(self, *, ref: str, return_url: str, fail_url: str) -> Window: ...
    def fetch(self, *, ref: str, callback: Mapping[str, str], started_at: datetime) -> Person: ...  # NotVerified, GatewayError
