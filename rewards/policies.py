"""Dated policies of what members own."""

from common import dated

TICKET_COST_KRW = dated.define("rewards.ticket_cost_krw", default=10, label="티켓 한 장의 예상 비용(원)")
