"""What every outcome means and how its cause is mended, for developers who read the log or the answer."""

from dataclasses import dataclass

from campaigns.models import PostbackLog

Outcome = PostbackLog.Outcome


@dataclass(frozen=True, slots=True)
class Words:
    """means, fix: Korean sentences. fix: empty when there is nothing to mend."""

    means: str
    fix: str = ""


WORDS: dict[str, Words] = {
    Outcome.CONFIRMED: Words("참여를 확정했어요. 회원에게 티켓을 지급하고 단가 1건을 집행에 더했어요."),
    Outcome.HELD: Words("받았지만 의심 신호가 있어 운영팀이 확인해요.", "기다려 주세요. 통과하면 그때 집행에 더해요."),
    Outcome.REPEATED: Words("같은 신호를 이미 받았어요. 다시 세지 않았어요.", "고칠 것이 없어요. 다시 보내도 한 번만 세요."),
    Outcome.BAD_SIGNATURE: Words(
        "보낸 쪽을 확인하지 못했어요.",
        "key와 비밀값이 이 캠페인의 것인지, 서명할 글을 timestamp.click_id.event.transaction 차례로 이었는지, 캠페인에서 "
        "고른 방법으로 보냈는지 확인해 주세요.",
    ),
    Outcome.STALE: Words(
        "보낸 시각이 5분 넘게 차이 나요.", "timestamp에 지금 시각을 초 단위 숫자로 넣고, 서버 시계를 맞춘 뒤 다시 서명해 주세요."
    ),
    Outcome.UNKNOWN_CLICK: Words(
        "우리가 드린 click_id가 아니에요.", "연결 주소에 붙어 온 click_id를 그대로 보관했다가 바꾸지 말고 돌려보내 주세요."
    ),
    Outcome.REUSED_CLICK: Words(
        "이미 확정한 클릭이에요. 다시 세지 않았어요.",
        "한 번의 클릭에 전환을 한 번만 보내 주세요. 재전송이면 처음과 같은 transaction을 써 주세요.",
    ),
    Outcome.UNKNOWN_EVENT: Words("캠페인에 정하지 않은 이벤트예요.", "캠페인의 이벤트 이름과 event 값을 똑같이 맞춰 주세요."),
    Outcome.TOO_LATE: Words(
        "참여 기한이 지난 뒤에 왔어요. 기록만 하고 차감하지 않았어요.",
        "전환이 일어나면 바로 보내 주세요. 참여를 시작하고 24시간 안에 와야 확정돼요.",
    ),
    Outcome.LATE_PAID: Words(
        "참여 기한이 지난 뒤에 와서 차감하지 않았어요. 회원에게는 럭플이 보상했어요.",
        "전환이 일어나면 바로 보내 주세요. 참여를 시작하고 24시간 안에 와야 확정돼요.",
    ),
    Outcome.NOTED: Words("경과로 기록했어요. 티켓도 크레딧도 움직이지 않아요."),
    Outcome.CANCELLED: Words("전환 취소를 받았어요. 운영팀이 참여를 다시 확인해요.", "기다려 주세요. 인정되면 차감한 크레딧을 돌려드려요."),
    Outcome.WRONG_SENDER: Words(
        "등록하지 않은 주소에서 보냈어요.", "보내는 서버나 서비스의 주소가 바뀌었다면 1:1 문의로 새 주소를 알려 주세요."
    ),
    Outcome.TOO_MANY: Words(
        "1분에 받을 수 있는 수를 넘었어요. 이 신호는 세지 않았어요.", "Retry-After 초만큼 기다린 뒤 같은 값으로 다시 보내 주세요."
    ),
    Outcome.MALFORMED: Words("필요한 값이 빠졌어요.", "key, click_id, event를 모두 보내 주세요."),
}
