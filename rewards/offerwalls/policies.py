"""Dated policies of offerwalls."""

from common import dated

DAILY_TICKETS = dated.define(
    "rewards.offerwall_daily_tickets", default=30_000, label="한 회원이 하루에 오퍼월에서 바로 받는 티켓", least=0, unit="장"
)
MOST_AT_ONCE = dated.define(
    "rewards.offerwall_most_at_once", default=10_000, label="오퍼월 보상 한 건에 바로 지급하는 티켓", least=0, unit="장"
)
UNPROVED_PER_MINUTE = dated.define(
    "rewards.offerwall_unproved_per_minute", default=60, label="한 주소에서 1분에 기록하는 확인 안 된 오퍼월 신호", least=1, unit="건"
)
BAD_SIGNATURE_PERCENT = dated.define(
    "rewards.offerwall_bad_signature_percent", default=5, label="틀린 서명이 이보다 많으면 알리는 비율(10분)", least=0, most=100, unit="%"
)
