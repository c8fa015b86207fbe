"""Up to which amount a role may decide about money. Policies with dates; who has several roles has the highest of their limits."""

from datetime import datetime

from backoffice import rights
from common import dated
from common.errors import DomainError
from identity.models import ApprovalRequest, User

_LABEL = "{role}이(가) 승인할 수 있는 금액"
_DEFAULTS = {rights.FINANCE: 10_000_000, rights.ADMIN: 1_000_000_000}
LIMITS = {
    role: dated.define(f"backoffice.decision_limit_krw.{role}", default=most, label=_LABEL.format(role=rights.LABELS[role]), unit="원")
    for role, most in _DEFAULTS.items()
}


class AboveYourLimit(DomainError):
    """The amount is more than the operator's roles may decide about."""

    code = "backoffice.above_your_limit"
    message = "{limit_krw:,}원까지 승인할 수 있어요. 한도가 더 큰 역할에 부탁해 주세요."
    http_status = 403


def limit_of(user: User, *, at: datetime) -> int:
    """The highest amount in won that the operator may decide about; 0 without a role that may. One query."""
    own = [LIMITS[role] for role in sorted(rights.roles_of(user)) if role in LIMITS]
    return max(dated.values(own, at=at).values(), default=0)


def refuse_above(amount_krw: int, *, by: User, at: datetime) -> None:
    """:raises AboveYourLimit: the operator's roles do not reach so far; nothing was written."""
    limit = limit_of(by, at=at)
    if amount_krw > limit:
        raise AboveYourLimit(limit_krw=limit)


def amount_of(request: ApprovalRequest) -> int:
    """What a decision in pairs is about, in won; credits count as won of supply."""
    return int(request.data.get("amount_krw") or request.data.get("credits") or 0)
