"""Refusals about offerwalls."""

from common.errors import DomainError


class RewardDecided(DomainError):
    """Somebody was quicker, or it never waited."""

    code = "offerwall.decided"
    message = "이미 처리한 보상이에요."


class MemberGone(DomainError):
    """Nobody is left to pay."""

    code = "offerwall.member_gone"
    message = "떠난 회원이라 지급할 수 없어요. 지급하지 않는 것으로 처리해 주세요."


class NetworkUnknown(DomainError):
    """There is no such network, or it has no key."""

    code = "offerwall.network_unknown"
    message = "설정하지 않은 오퍼월이에요."
    http_status = 404
