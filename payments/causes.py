"""What usually lies behind a difference, as a sentence for the operator who looks at it. A suggestion: nothing is decided by it."""

from payments.models import ReconciliationItem

Kind = ReconciliationItem.Kind

_BY_KIND = {
    Kind.MISMATCH: "결제창에 넘긴 값이 중간에 바뀌었을 수 있어요. 결제사에서 취소하고 광고주에게 다시 결제하도록 안내하는 것이 보통이에요.",
    Kind.FOREIGN_CANCEL: "누군가 결제사 콘솔에서 직접 취소했어요. 이유를 확인하고 반영하면 원장이 결제사를 따라가요.",
    Kind.UNKNOWN_PAYMENT: "같은 상점 번호로 다른 곳에서 결제했거나, 백업을 되돌린 뒤 주문이 없어졌을 수 있어요.",
    Kind.MISSING: "결제사가 결제를 되돌렸거나, 다른 상점·테스트 설정으로 물어봤을 수 있어요. 설정을 확인하고 결제사에 문의해 주세요.",
    Kind.REFUND_AMOUNT: "결제사에서 다른 금액으로 취소했어요. 반영하면 실제로 취소한 금액만큼만 환불로 적어요.",
    Kind.DISPUTE: "카드 주인이 결제를 모른다고 했어요. 카드사에 낼 증빙을 준비하고 결과를 기다려 주세요.",
    Kind.UNSETTLED: "결제사가 아직 정산하지 않았거나 빠뜨렸어요. 정산일이 지났으면 결제사에 문의하고, 다음 파일에 들어오면 저절로 끝나요.",
    Kind.SETTLED_UNKNOWN: "우리 장부에 없는 거래예요. 콘솔에서 한 취소나 다른 상점의 거래가 섞였을 수 있어요.",
    Kind.SETTLED_AMOUNT: "정산한 금액이 승인한 금액과 달라요. 부분 취소나 할인이 빠졌는지 결제사에 확인해 주세요.",
    Kind.SETTLED_TWICE: "같은 거래가 두 번 들어 있어요. 파일이 겹쳤거나 결제사가 두 번 정산했으니 입금액을 확인해 주세요.",
    Kind.SETTLED_FEE: "수수료가 계약과 달라요. 요율이 바뀌었으면 정책 설정에 새 요율을 적고, 아니면 결제사에 문의해 주세요.",
}
_BY_POINT = {
    "is_live": "테스트 결제가 실제 상점에 섞였어요. 채널 설정을 먼저 확인해 주세요.",
    "store": "다른 상점의 결제예요. 상점 번호 설정을 확인해 주세요.",
    "channel": "다른 결제 채널로 결제했어요. 채널 설정을 확인해 주세요.",
    "currency": "원화가 아닌 통화로 결제했어요. 결제사에서 취소해야 해요.",
    "cancelled_krw": "충전하기 전에 결제사에서 먼저 취소했어요. 전부 취소했는지 확인해 주세요.",
}


def cause_of(item: ReconciliationItem) -> str:
    """The likeliest cause, in Korean; empty for a kind nobody has words for."""
    if item.kind == Kind.MISMATCH:
        named = next((words for point, words in _BY_POINT.items() if point in item.differences), None)
        if named is not None:
            return named
    return _BY_KIND.get(Kind(item.kind), "")
