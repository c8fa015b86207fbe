"""What people are told about their inquiries; see `identity.events`."""

from identity.events import IN_APP, Topic, define

ANSWERED = define(
    "inquiries.answered",
    topic=Topic.INQUIRIES,
    label="문의에 답변이 왔을 때",
    title="문의에 답변이 도착했어요",
    body="{title}",
    facts={"title": "영수증이 안 보여요"},
    compulsory=(IN_APP,),
    why="물어보신 것에 대한 답이라 알림함에는 늘 남겨요.",
)
