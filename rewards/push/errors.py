"""Refusals about push."""

from common.errors import DomainError
from rewards.models.push import AD_LABEL, OPT_OUT


class LabelMissing(DomainError):
    """Source: 정보통신망법 시행령 별표 6: the very first letters."""

    code = "push.label_missing"
    message = f"광고 알림의 제목은 {AD_LABEL}로 시작해야 해요."
    http_status = 422


class WayOutMissing(DomainError):
    """Source: 정보통신망법 제50조④."""

    code = "push.opt_out_missing"
    message = f"광고 알림의 마지막 줄에 ‘{OPT_OUT}’을 적어야 해요."
    http_status = 422


class PushMoved(DomainError):
    """Somebody was quicker."""

    code = "push.moved"
    message = "이미 예약했거나 보냈거나 멈춘 알림이에요."


class MomentPassed(DomainError):
    """Nobody can send into the past."""

    code = "push.moment_passed"
    message = "지난 시각에는 보낼 수 없어요. 지금이나 앞으로의 시각을 골라 주세요."
    http_status = 422
