"""Anticipated refusals. One subclass per refusal lives in the module that raises it; anything else that is raised is a bug."""

from typing import Any, ClassVar


class DomainError(Exception):
    """
    A refusal that is safe to show to the person who asked; nothing is broken and nothing was written.

    code: stable and dotted, e.g. "credits.insufficient".   message: a Korean sentence; may name context keys in braces.
    http_status: what the JSON doors answer.   context: JSON-ready facts, e.g. {"unit": "CREDIT", "shortfall": 3000}.
    """

    code: ClassVar[str] = "common.refused"
    message: ClassVar[str] = "요청을 처리할 수 없어요."
    http_status: ClassVar[int] = 409

    def __init__(self, **context: Any) -> None:
        self.context = context
        super().__init__(self.message.format(**context))

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        other = _BY_CODE.setdefault(cls.code, cls)
        if other is not cls and (other.__module__, other.__qualname__) != (cls.__module__, cls.__qualname__):
            raise RuntimeError(f"two refusals share the code {cls.code}")


_BY_CODE: dict[str, type[DomainError]] = {}


def all_refusals() -> dict[str, type[DomainError]]:
    """Every declared refusal by code; the catalogue test walks it."""
    return dict(_BY_CODE)


class Busy(DomainError):
    """A lock was not free within lock_timeout; the caller may simply try again."""

    code = "common.busy"
    message = "지금 같은 내용을 처리하고 있어요. 잠시 후 다시 시도해 주세요."
    http_status = 503
