"""Why something about a raffle was refused."""

from common.errors import DomainError


class RaffleNotFound(DomainError):
    code = "raffle.not_found"
    message = "없는 래플이에요."
    http_status = 404


class RaffleNotOpen(DomainError):
    code = "raffle.not_open"
    message = "지금은 응모할 수 없는 래플이에요."


class RaffleClosed(DomainError):
    code = "raffle.closed"
    message = "응모가 마감됐어요. 티켓은 그대로 있어요."


class TooManyEntries(DomainError):
    code = "raffle.too_many_entries"
    message = "이 래플에는 한 사람이 {most}번까지 응모할 수 있어요. 앞으로 {left}번 더 응모할 수 있어요."
    http_status = 422


class EarnedOnly(DomainError):
    code = "raffle.earned_only"
    message = "이 래플은 미션을 마치면 응모돼요. 티켓으로는 응모할 수 없어요."


class NotFunded(DomainError):
    code = "raffle.not_funded"
    message = "경품 금액 {needed}원이 먼저 확보되어야 해요."


class FunderIsMaker(DomainError):
    code = "raffle.funder_is_maker"
    message = "래플을 만든 사람은 경품 금액을 확인할 수 없어요. 다른 운영자에게 부탁해 주세요."
    http_status = 403


class RaffleMoved(DomainError):
    code = "raffle.moved"
    message = "지금 상태에서는 할 수 없는 일이에요. 새로 고쳐서 확인해 주세요."


class NothingToClaim(DomainError):
    code = "raffle.nothing_to_claim"
    message = "받을 수 있는 경품이 없어요."
    http_status = 404


class ClaimTooLate(DomainError):
    code = "raffle.claim_too_late"
    message = "답할 수 있는 기간이 지났어요. 경품은 예비 당첨자에게 넘어갔어요."


class PlusOnly(DomainError):
    code = "raffle.plus_only"
    message = "럭플 플러스 회원만 응모할 수 있는 래플이에요."
    http_status = 403
