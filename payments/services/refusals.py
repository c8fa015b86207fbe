"""Every refusal of this app that a person may read."""

from common.errors import DomainError


class PackageNotOffered(DomainError):
    """The package is not sold any more."""

    code = "payments.package_not_offered"
    message = "지금은 살 수 없는 상품이에요. 다른 금액을 골라 주세요."


class OverGatewayLimit(DomainError):
    """More than the contract with the payment company allows by this means. why: a Korean sentence with the limit."""

    code = "payments.over_gateway_limit"
    message = "이 결제 수단으로는 {why} 더 큰 금액은 가상계좌나 무통장으로 입금해 주세요. 운영팀이 확인하고 충전해 드려요."
    http_status = 422


class DepositDiffers(DomainError):
    """A line of the bank's statement is known, and said something else then."""

    code = "payments.deposit_differs"
    message = "거래 번호 {number}은 다른 내용으로 이미 올렸어요. 통장 내역을 다시 확인해 주세요. 아무것도 올리지 않았어요."
    http_status = 409


class DepositDecided(DomainError):
    """Somebody said whose the deposit is, or sends it back."""

    code = "payments.deposit_decided"
    message = "이미 처리한 입금이에요. 새로 고쳐서 결과를 확인해 주세요."
    http_status = 409


class NoSuchBankOrder(DomainError):
    """No order of this number is paid into the house's own account."""

    code = "payments.no_such_bank_order"
    message = "무통장입금으로 만든 이 번호의 주문이 없어요. 주문번호를 확인해 주세요."
    http_status = 404


class AutoTopUpOff(DomainError):
    """The house does not offer automatic top-up, or no payment company agreed to it."""

    code = "payments.auto_top_up_off"
    message = "지금은 자동 충전을 쓸 수 없어요."
    http_status = 404


class NoCardKept(DomainError):
    """Nothing to charge."""

    code = "payments.no_card_kept"
    message = "먼저 자동 충전에 쓸 카드를 등록해 주세요."


class CardNotOpen(DomainError):
    """The card was registered or removed, or there are too many."""

    code = "payments.card_not_open"
    message = "이 카드는 등록할 수 없어요. 등록한 카드를 확인하고 새로 시작해 주세요."


class MonthlyLimitTooSmall(DomainError):
    """Not even one charge fits into the month."""

    code = "payments.monthly_limit_too_small"
    message = "한 달 한도는 한 번 결제하는 {least}원보다 작을 수 없어요."
    http_status = 422


class PriceChanged(DomainError):
    """The price is not what stood on the page."""

    code = "payments.price_changed"
    message = "결제할 금액이 달라졌어요. 아래 금액을 확인하고 다시 눌러 주세요."


class CouponNotFound(DomainError):
    """No coupon of this code runs now. Unknown and over sound the same, so that codes cannot be guessed."""

    code = "payments.coupon_not_found"
    message = "쓸 수 없는 쿠폰 번호예요. 번호와 사용 기간을 확인해 주세요."
    http_status = 422


class CouponTooSmall(DomainError):
    """The coupon asks for a larger top-up."""

    code = "payments.coupon_too_small"
    message = "이 쿠폰은 {lowest}크레딧부터 쓸 수 있어요. 더 큰 금액을 골라 주세요."
    http_status = 422


class CouponUsed(DomainError):
    """Once per advertiser."""

    code = "payments.coupon_used"
    message = "이미 쓴 쿠폰이에요. 쿠폰은 한 번만 쓸 수 있어요."


class CouponInUse(DomainError):
    """Another order of this advertiser waits for its payment with this coupon."""

    code = "payments.coupon_in_use"
    message = "결제를 기다리는 다른 주문에서 이 쿠폰을 쓰고 있어요. 결제 내역에서 그 주문을 결제하거나 하루 뒤에 다시 써 주세요."


class OfferOver(DomainError):
    """The budget of a bonus went to others."""

    code = "payments.offer_over"
    message = "준비한 보너스가 모두 나갔어요. 아래 금액을 확인하고 다시 눌러 주세요."


class OfferChanged(DomainError):
    """Somebody else changed the offer since it was read."""

    code = "payments.offer_changed"
    message = "다른 운영자가 먼저 바꾼 보너스예요. 화면을 새로 고쳐서 확인해 주세요."


class OfferEnded(DomainError):
    """An operator wanted to change an offer that is over."""

    code = "payments.offer_ended"
    message = "이미 끝난 보너스예요."


class BonusChanged(DomainError):
    """The bonus is not what stood on the page."""

    code = "payments.bonus_changed"
    message = "받을 보너스가 달라졌어요. 아래 금액을 확인하고 다시 눌러 주세요."


class OrderNotPayable(DomainError):
    """The order was paid, is being checked, or its price changed."""

    code = "payments.order_not_payable"
    message = "이 주문은 다시 결제할 수 없어요. 결제 내역에서 상태를 확인해 주세요."


class KeyConflict(DomainError):
    """The same key came with another wish."""

    code = "payments.key_conflict"
    message = "같은 요청으로 다른 내용을 보냈어요. 화면을 새로 열고 다시 시도해 주세요."


class AccountRestricted(DomainError):
    """An operator or a money rule stopped the account."""

    code = "payments.account_restricted"
    message = "계정 이용이 제한돼 있어서 충전하거나 환불받을 수 없어요. 1:1 문의로 알려 주세요."
    http_status = 403


class ReasonMissing(DomainError):
    """A decision about money without a reason."""

    code = "payments.reason_missing"
    message = "이유를 적어 주세요."
    http_status = 422


class RefundNotPossible(DomainError):
    """The order was never credited, or its card holder disputes it."""

    code = "payments.refund_not_possible"
    message = "결제가 끝난 주문만 환불할 수 있어요."


class OrderDisputed(DomainError):
    """The card holder complained; the card company decides first."""

    code = "payments.order_disputed"
    message = "카드사에서 이의를 확인하고 있는 결제라서 지금은 환불할 수 없어요."


class RefundWindowClosed(DomainError):
    """Too late under the rule of the payment."""

    code = "payments.refund_window_closed"
    message = "환불할 수 있는 기간이 지났어요. 결제하고 {hours}시간 안에 요청할 수 있어요."


class WithdrawalOver(DomainError):
    """Too late even for goods that are not as shown. Source: 전자상거래법 17③."""

    code = "payments.withdrawal_over"
    message = "표시·광고와 다를 때의 청약철회 기간이 지났어요. 결제한 날부터 3개월, 안 날부터 30일 안에 요청할 수 있어요."


class KnownOnWrong(DomainError):
    """The day cannot be: before the payment, or not yet there."""

    code = "payments.known_on_wrong"
    message = "다른 것을 안 날을 확인해 주세요. 결제한 날부터 오늘까지의 날짜여야 해요."
    http_status = 422


class NothingToRefund(DomainError):
    """Everything is used, held, waiting or returned."""

    code = "payments.nothing_to_refund"
    message = "돌려드릴 수 있는 크레딧이 없어요."


class RefundTooMuch(DomainError):
    """More than what is free now."""

    code = "payments.refund_too_much"
    message = "지금은 {available:,}크레딧까지 환불할 수 있어요."


class RefundAlreadySent(DomainError):
    """The card company was asked already; it cannot be called back."""

    code = "payments.refund_already_sent"
    message = "이미 카드사에 취소를 요청해서 되돌릴 수 없어요. 환불이 끝나면 알려 드릴게요."


class RefundNotOpen(DomainError):
    """It was denied or withdrawn."""

    code = "payments.refund_not_open"
    message = "이미 끝난 환불 요청이에요. 새로 고쳐서 결과를 확인해 주세요."


class RefundNotStuck(DomainError):
    """It goes its way without help."""

    code = "payments.refund_not_stuck"
    message = "다시 시도할 필요가 없는 환불이에요. 새로 고쳐서 상태를 확인해 주세요."


class AccountNotFound(DomainError):
    """The bank knows no such account."""

    code = "payments.account_not_found"
    message = "은행에서 찾을 수 없는 계좌예요. 은행과 계좌 번호를 확인해 주세요."
    http_status = 422


class AccountHolderDiffers(DomainError):
    """The account belongs to somebody else."""

    code = "payments.account_holder_differs"
    message = "예금주가 {name}의 이름과 달라요. 광고주 본인이나 회사, 대표자 이름의 계좌만 등록할 수 있어요."
    http_status = 422


class AccountHolderUnknown(DomainError):
    """The bank could not be asked."""

    code = "payments.account_holder_unknown"
    message = "지금은 은행에 예금주를 물어볼 수 없어요. 잠시 뒤에 다시 시도해 주세요. 바뀐 것은 없어요."
    http_status = 503


class AccountInUse(DomainError):
    """A transfer to the present account has begun."""

    code = "payments.account_in_use"
    message = "지금 계좌로 환불을 보내고 있어요. 끝난 뒤에 바꿀 수 있어요."


class AccountNotReady(DomainError):
    """No account to send to, or its wait is not over."""

    code = "payments.account_not_ready"
    message = "보낼 수 있는 환불 계좌가 없어요. 광고주가 계좌를 등록하고 하루가 지나야 보낼 수 있어요."


class AccountReplaced(DomainError):
    """The owner has another account since the transfer was asked for."""

    code = "payments.account_replaced"
    message = "광고주가 환불 계좌를 바꿨어요. 이 계좌 환불을 취소하고 새 계좌로 다시 요청해 주세요."


class CardMayHavePaid(DomainError):
    """The gateway's book shows money going back, decided or not."""

    code = "payments.card_may_have_paid"
    message = "결제사 기록에 확인할 취소가 있어요. 두 번 돌려주지 않도록 대사 차이를 먼저 처리해 주세요."


class TransferNotOpen(DomainError):
    """The transfer is not where this step begins."""

    code = "payments.transfer_not_open"
    message = "지금은 할 수 없는 단계예요. 새로 고쳐서 상태를 확인해 주세요."


class TransferNumberTaken(DomainError):
    """One number of the bank is one transfer."""

    code = "payments.transfer_number_taken"
    message = "다른 환불에 적은 이체 번호예요. 번호를 다시 확인해 주세요."


class NothingOwed(DomainError):
    """There is no claim of that size."""

    code = "payments.nothing_owed"
    message = "그만큼 받을 금액이 없어요. 남은 금액을 확인해 주세요."


class ClaimOpen(DomainError):
    """The account stays closed while the house has a claim."""

    code = "payments.claim_open"
    message = "받을 금액이 {owed:,}크레딧 남아 있어요. 처리한 뒤에 제한을 풀 수 있어요."


class OpenRefundFirst(DomainError):
    """A refund of the same order waits; settling now would take credits twice."""

    code = "payments.open_refund_first"
    message = "이 주문에 끝나지 않은 환불이 있어요. 그 환불을 먼저 처리해 주세요."


class ItemAlreadySettled(DomainError):
    """Somebody settled the difference."""

    code = "payments.item_already_settled"
    message = "이미 처리한 차이예요."


class AllocationOver(DomainError):
    """Somebody decided about this money."""

    code = "payments.allocation_over"
    message = "이미 처리했거나 처리하고 있는 입금이에요. 새로 고쳐서 확인해 주세요."


class AllocationUnfit(DomainError):
    """The order has its credits, or the gateway says something else than what was noted."""

    code = "payments.allocation_unfit"
    message = "이 주문에 충전할 수 없는 입금이에요. 돌려주거나 결제사 기록을 먼저 확인해 주세요."


class NoPackageFits(DomainError):
    """The order has its credits, and nothing on sale costs what came besides."""

    code = "payments.no_package_fits"
    message = "들어온 금액과 같은 충전 상품이 없어서 충전할 수 없어요. 돌려주기를 눌러 주세요."


class BankAccountWrong(DomainError):
    """No such bank, no digits, or no holder."""

    code = "payments.bank_account_wrong"
    message = "돌려받을 은행, 계좌번호(숫자만), 예금주를 확인해 주세요."
    http_status = 422


class MethodNotOffered(DomainError):
    """No contract for it with the payment company of new orders."""

    code = "payments.method_not_offered"
    message = "지금은 이 결제 수단을 쓸 수 없어요. 다른 수단을 골라 주세요."


class ReplayRuns(DomainError):
    """The same message is being looked up already."""

    code = "payments.replay_runs"
    message = "이미 다시 물어보고 있어요. 잠시 뒤에 상태를 확인해 주세요."


class NothingToLookUp(DomainError):
    """A stored message speaks of no order."""

    code = "payments.nothing_to_look_up"
    message = "주문을 말하지 않는 메시지라서 다시 처리할 것이 없어요."
