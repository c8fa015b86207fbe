"""
How many starts one address, or its neighbourhood, may make in ten minutes. Carriers put thousands of honest people behind one address:
addresses that a list calls shared have a limit of their own, and no limit on their neighbourhood.

`campaigns_start_from` reads the dated rows itself, so that a start stays one statement; these are what holds without a row.
"""

from common import dated

ADDRESS = dated.define("campaigns.starts_per_address", default=60, label="한 주소에서 10분에 시작하는 참여", least=1, unit="건")
SHARED = dated.define(
    "campaigns.starts_per_shared_address", default=1_000, label="통신사 공용 주소에서 10분에 시작하는 참여", least=1, unit="건"
)
NETWORK = dated.define("campaigns.starts_per_network", default=600, label="한 주소 대역에서 10분에 시작하는 참여", least=1, unit="건")
ORIGIN_PENALTY = dated.define(
    "campaigns.fraud_origin_penalty", default=60, label="VPN·에뮬레이터 등에서 시작한 참여의 감점", most=100, unit="점"
)
DEFAULTS = [ADDRESS.default, SHARED.default, NETWORK.default, ORIGIN_PENALTY.default]
