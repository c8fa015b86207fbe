"""What teams are told about operators' looks at their pages; see `identity.events`."""

from advertisers.access import OWNERS
from identity.events import IN_APP, Topic, define

VISITED = define(
    "backoffice.visit",
    topic=Topic.SECURITY,
    label="운영팀이 계정 화면을 볼 때",
    title="운영팀이 계정 화면을 봐요",
    body="{who} · {reason}. 보기만 하고 아무것도 바꿀 수 없어요.",
    facts={"who": "김운영", "reason": "화면이 다르다는 문의를 확인해요"},
    roles=OWNERS,
    default=(IN_APP,),
    compulsory=(IN_APP,),
    why="다른 사람이 계정을 본 일이라 꼭 알려드려야 해요.",
)
