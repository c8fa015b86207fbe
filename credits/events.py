"""What teams are told about their credits; see `identity.events`."""

from datetime import date

from advertisers.access import PAYERS
from identity.events import IN_APP, Topic, define

LOW = define(
    "credits.low",
    topic=Topic.CREDITS,
    label="크레딧이 곧 떨어질 때",
    title="{when} 크레딧이 떨어져요",
    body="지난 7일 동안 쓴 만큼 계속 쓰면 그래요. 캠페인에 묶인 크레딧까지 더해서 계산했어요. 미리 충전하면 캠페인이 멈추지 않아요.",
    facts={"when": "약 3일 뒤에"},
    roles=PAYERS,
)
EXPIRING = define(
    "credits.expiring",
    topic=Topic.CREDITS,
    label="크레딧의 유효 기간이 끝나갈 때",
    title="{credits}크레딧의 유효 기간이 {days}일 안에 끝나요",
    body="{on}까지 쓸 수 있어요. 캠페인에 먼저 쓰이도록 만료가 가까운 크레딧부터 차감돼요.",
    facts={"credits": 10_000, "days": 30, "on": date(2026, 12, 25)},
    roles=PAYERS,
    compulsory=(IN_APP,),
    why="크레딧이 사라지기 전에는 꼭 알려드려야 해요.",
)
EXPIRED = define(
    "credits.expired",
    topic=Topic.CREDITS,
    label="크레딧의 유효 기간이 끝났을 때",
    title="유효 기간이 끝난 {credits}크레딧이 사라졌어요",
    body="크레딧마다 유효 기간은 크레딧 내역에서 볼 수 있어요.",
    facts={"credits": 10_000},
    roles=PAYERS,
    compulsory=(IN_APP,),
    why="크레딧이 줄어든 일은 꼭 알려드려야 해요.",
)
