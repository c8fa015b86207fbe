"""INSTALL and ACTION: what happens at the advertiser's, told by a server, a tag or an attribution service."""

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from campaigns.types.base import CampaignType, Evidence, FraudRule, Kept, PriceRule, Verdict, report
from campaigns.types.flows import Flow
from common.schemas import Input

FASTEST_INSTALL = 10  # seconds from click to install; below it the store was never opened (Airbridge fact sheet 4)
INSTALL_SOURCES = {"AIRBRIDGE": "에어브릿지", "HMAC": "우리 서버에서 직접 보내기"}
ACTION_SOURCES = {"HMAC": "우리 서버에서 직접 보내기", "TAG": "완료 페이지에 태그 넣기", "AIRBRIDGE": "에어브릿지"}
STORES = {"ANDROID": "안드로이드", "IOS": "아이폰"}

EventName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9가-힣 ._-]{2,60}$")]


class InstallFields(Input):
    """event: what the postback calls the install."""

    os: Annotated[
        Literal["ANDROID", "IOS"],
        Field(
            title="기기", description="앱을 설치할 기기를 골라 주세요. 다른 기기에는 보이지 않아요.", json_schema_extra={"labels": STORES}
        ),
    ]
    app_name: Annotated[
        str, StringConstraints(min_length=1, max_length=60), Field(title="앱 이름", description="스토어에 보이는 이름을 적어 주세요.")
    ]
    source: Annotated[
        Literal["AIRBRIDGE", "HMAC"],
        Field(
            title="설치를 알려 주는 곳",
            description="설치했다는 신호를 어디에서 보내는지 골라 주세요.",
            json_schema_extra={"labels": INSTALL_SOURCES},
        ),
    ]
    event: Annotated[
        EventName,
        Field(
            title="이벤트 이름",
            description="포스트백이 설치를 부르는 이름이에요. 대소문자는 구별하지 않아요.",
            json_schema_extra={"initial": "install"},
        ),
    ]


class ActionFields(Input):
    """action: in words, for members.   event: what the postback calls it."""

    action: Annotated[
        str,
        StringConstraints(min_length=2, max_length=40),
        Field(title="회원이 할 일", description="회원가입, 상담 신청처럼 짧게 적어 주세요. 40자까지 적을 수 있어요."),
    ]
    guide: Annotated[
        str,
        StringConstraints(max_length=300),
        Field(title="참여 조건", description="처음 가입한 사람만처럼, 인정하는 조건을 적어 주세요.", json_schema_extra={"rows": 3}),
    ] = ""
    source: Annotated[
        Literal["HMAC", "TAG", "AIRBRIDGE"],
        Field(
            title="완료를 알려 주는 곳",
            description="완료했다는 신호를 어디에서 보내는지 골라 주세요.",
            json_schema_extra={"labels": ACTION_SOURCES},
        ),
    ]
    event: Annotated[
        EventName,
        Field(
            title="이벤트 이름",
            description="포스트백이 완료를 부르는 이름이에요. 대소문자는 구별하지 않아요.",
            json_schema_extra={"initial": "signup"},
        ),
    ]


class ToldByThePostback:
    """A postback whose sender was checked names the event that was agreed."""

    def required_seconds(self, details: Any) -> int:
        return 0

    def judge(self, details: Any, evidence: Evidence) -> Verdict:
        return Verdict(is_enough=bool(evidence.event) and evidence.event.casefold() == details.event.casefold())


def _install_steps(details: InstallFields) -> tuple[str, ...]:
    return (
        "버튼을 눌러 스토어를 열어요.",
        f"{details.app_name} 앱을 설치하고 한 번 실행해요.",
        "설치가 확인되면 티켓을 받아요. 하루까지 걸릴 수 있어요.",
    )


def _action_steps(details: ActionFields) -> tuple[str, ...]:
    return (
        "버튼을 눌러 광고 페이지를 열어요.",
        f"{details.action}: 그 페이지에서 끝까지 마쳐요.",
        "광고주가 확인을 보내면 티켓을 받아요. 하루까지 걸릴 수 있어요.",
    )


_INCLUDED = ("서명한 포스트백 확인", "같은 클릭 두 번 세지 않기", "늦게 온 포스트백은 차감하지 않기")

INSTALL = CampaignType(
    key="INSTALL",
    takes="약 5분",
    name="앱 설치",
    summary="앱을 설치하고 실행해요.",
    icon="smartphone",
    fields=InstallFields,
    flow=Flow.POSTBACK,
    evidence=(Kept.POSTBACK, "opened_at", "confirmed_at", "device"),
    verifier=ToldByThePostback(),
    price=PriceRule(lowest=200, highest=100_000, suggested=800, included=_INCLUDED),
    slot_life=timedelta(hours=24),
    is_daily=False,
    fraud_rules=(
        FraudRule(
            "install.too_fast", "클릭하고 너무 빨리 설치됐어요", 60, lambda evidence: (evidence.dwell_seconds or 0) < FASTEST_INSTALL
        ),
    ),
    report_columns=report(done="설치"),
    charged_when="설치했다는 포스트백을 제때 받아 확인했을 때만 참여 1건 단가를 차감해요.",
    steps=_install_steps,
)

ACTION = CampaignType(
    key="ACTION",
    takes="약 5분",
    name="행동",
    summary="회원가입이나 상담 신청처럼 정한 일을 마쳐요.",
    icon="circle-check",
    fields=ActionFields,
    flow=Flow.POSTBACK,
    evidence=(Kept.POSTBACK, "opened_at", "confirmed_at", "device"),
    verifier=ToldByThePostback(),
    price=PriceRule(lowest=200, highest=100_000, suggested=1_000, included=_INCLUDED),
    slot_life=timedelta(hours=24),
    is_daily=False,
    fraud_rules=(
        FraudRule("action.too_fast", "클릭하고 너무 빨리 끝났어요", 40, lambda evidence: (evidence.dwell_seconds or 0) < FASTEST_INSTALL),
    ),
    report_columns=report(done="완료"),
    charged_when="완료했다는 포스트백을 제때 받아 확인했을 때만 참여 1건 단가를 차감해요.",
    steps=_action_steps,
)
