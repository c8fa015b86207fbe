"""Dated policies of what members own."""

from common import dated

TICKET_COST_KRW = dated.define("rewards.ticket_cost_krw", default=10, label="티켓 한 장의 예상 비용(원)")
GIFTICON_MARKUP_PERCENT = dated.define(
    "rewards.gifticon_markup_percent", default=0, label="기프티콘 판매가에 더하는 비율", least=-50, most=100, unit="%"
)
