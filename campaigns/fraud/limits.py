"""
How many starts, and how many finishes, one address or its neighbourhood may make in ten minutes. Carriers put thousands of honest people
behind one address: addresses that a list calls shared have a limit of their own, and no limit on their neighbourhood.

`campaigns_start_from` and `campaigns_pass_finish` read the dated rows themselves, so that each stays one statement; these are what holds
without a row.
"""

from datetime import datetime

from django.db import connection

from campaigns.fraud.origins import Place
from common import dated
from common.errors import DomainError
from common.transactions import joined

ADDRESS = dated.define("campaigns.starts_per_address", default=60, label="한 주소에서 10분에 시작하는 참여", least=1, unit="건")
SHARED = dated.define(
    "campaigns.starts_per_shared_address", default=1_000, label="통신사 공용 주소에서 10분에 시작하는 참여", least=1, unit="건"
)
NETWORK = dated.define("campaigns.starts_per_network", default=600, label="한 주소 대역에서 10분에 시작하는 참여", least=1, unit="건")
ORIGIN_PENALTY = dated.define(
    "campaigns.fraud_origin_penalty", default=60, label="VPN·에뮬레이터 등에서 시작한 참여의 감점", most=100, unit="점"
)
DEFAULTS = [ADDRESS.default, SHARED.default, NETWORK.default, ORIGIN_PENALTY.default]

# A finish may take several tries, and people finish where others started: twice as many.
FINISH_ADDRESS = dated.define("campaigns.finishes_per_address", default=120, label="한 주소에서 10분에 마치는 참여", least=1, unit="건")
FINISH_SHARED = dated.define(
    "campaigns.finishes_per_shared_address", default=2_000, label="통신사 공용 주소에서 10분에 마치는 참여", least=1, unit="건"
)
FINISH_NETWORK = dated.define(
    "campaigns.finishes_per_network", default=1_200, label="한 주소 대역에서 10분에 마치는 참여", least=1, unit="건"
)
FINISH_DEFAULTS = [FINISH_ADDRESS.default, FINISH_SHARED.default, FINISH_NETWORK.default]


class TooManyFinishes(DomainError):
    code = "participation.too_many_finishes_here"
    message = "이 네트워크에서 짧은 시간에 너무 많은 참여를 마쳤어요. 참여는 그대로 있으니 10분 뒤에 다시 눌러 주세요."
    http_status = 429


def pass_finish(place: Place, *, at: datetime) -> None:
    """
    Count one finish from a place, joining its transaction: a refused one is not counted. Of an unknown place nothing is. One statement.

    :raises TooManyFinishes: the place has made its number in the last ten minutes.
    """
    joined("a finish")
    if not place.address:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT campaigns_pass_finish(%s, %s, %s, %s, %s)",
            [place.address, place.address_key, place.network_key, FINISH_DEFAULTS, at],
        )
        if not cursor.fetchone()[0]:
            raise TooManyFinishes
