"""Dated policies of the shop."""

from common import dated

NEEDS_IDENTITY = dated.define("rewards.gifticon.needs_identity", default=True, label="첫 교환 전에 본인확인을 받을지")
WAIT_HOURS = dated.define("rewards.gifticon.wait_hours", default=24, label="발급을 기다리다 티켓을 돌려줄 때까지(시간)", least=1, most=168)
MOST_RESENDS = dated.define("rewards.gifticon.most_resends", default=3, label="쿠폰 문자를 다시 받을 수 있는 횟수", most=10)
REMIND_DAYS = dated.define("rewards.gifticon.remind_days", default=3, label="유효기간이 끝나기 며칠 전에 알릴지", least=1, most=30)
GUARD_PERCENT = dated.define("rewards.gifticon.guard_percent", default=20, label="가격이 이만큼 바뀌면 사람이 확인(%)", least=1, most=100)
WARN_BELOW_DAYS = dated.define("rewards.gifticon.warn_below_days", default=7, label="예치금이 며칠 치보다 적으면 알릴지", least=1, most=60)
