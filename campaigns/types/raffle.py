"""RAFFLE: a member visits the advertiser's page, and is in the draw of the prizes that the advertiser put up."""

from datetime import timedelta

from campaigns.types.base import CampaignType, PriceRule, report
from campaigns.types.flows import Flow
from campaigns.types.visit import STAY_TOO_QUIET, StayedLongEnough, VisitFields, longer_stay


class RaffleFields(VisitFields):
    """dwell_seconds: as in VISIT. The prizes are in the reward step, because their money is held with the budget."""


def _steps(details: RaffleFields) -> tuple[str, ...]:
    return (
        "버튼을 눌러 광고 페이지를 열어요.",
        f"페이지를 {details.dwell_seconds}초 넘게 둘러봐요.",
        "럭플로 돌아와 완료를 누르면 티켓을 받고 래플에 한 번 응모돼요.",
        "기간이 끝나면 시계가 추첨하고, 누구나 추첨을 다시 계산해 볼 수 있어요.",
    )


RAFFLE = CampaignType(
    key="RAFFLE",
    name="래플",
    summary="광고 페이지를 둘러본 회원이 광고주가 건 경품에 응모해요.",
    icon="trophy",
    fields=RaffleFields,
    flow=Flow.STAY,
    evidence=("opened_at", "confirmed_at", "beats", "device"),
    verifier=StayedLongEnough(),
    price=PriceRule(
        lowest=20,
        highest=100_000,
        suggested=120,
        included=("머무는 시간 30초까지", "완료마다 응모 1번", "누구나 다시 계산할 수 있는 추첨", "경품 당첨 안내"),
        options=(longer_stay(5),),
    ),
    slot_life=timedelta(minutes=10),
    is_daily=True,
    fraud_rules=STAY_TOO_QUIET,
    report_columns=report(done="응모"),
    charged_when=(
        "회원이 정한 시간 이상 머문 뒤 완료해 응모했을 때만 참여 1건 단가를 차감해요. "
        "경품 값은 따로 묶어 두고 당첨자에게 전한 것만 차감하며, 주인을 찾지 못한 경품 값은 돌려드려요."
    ),
    steps=_steps,
    enters_raffle=True,
)
