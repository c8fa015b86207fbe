"""Drafts that begin with something: a template of a trade, or a campaign that exists. What does not come along is said."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from campaigns import audience, gifts, images, types
from campaigns.models import Campaign, Draft
from campaigns.services import versions
from campaigns.types.base import CampaignType
from campaigns.wizard import drafts, following
from common.kst import SEOUL, day_from, day_of
from identity.models import User

RUNS = timedelta(days=14)
NOT_COPIED = ("성과와 참여 기록", "심사 결과와 승인", "묶인 크레딧과 쓴 금액", "시작과 종료 시각")


@dataclass(frozen=True, slots=True)
class Template:
    """A start for one trade. answers: parts of a campaign; the advertiser writes the rest."""

    key: str
    name: str
    about: str
    answers: dict[str, Any]

    @property
    def declared(self) -> CampaignType:
        return types.get(self.answers["type"])


def _template(key: str, name: str, about: str, *, title: str, body: str, action: str, price: int, budget: int, tickets: int) -> Template:
    return Template(
        key,
        name,
        about,
        {
            "type": "VISIT",
            "design": {"title": title, "body": body, "call_to_action": action},
            "details": {"dwell_seconds": 15},
            "reward": {"tickets": tickets},
            "credit": {"unit_price": price, "budget": budget, "daily_cap": budget // 5},
        },
    )


TEMPLATES = (
    _template(
        "cafe", "카페·음식점", "새 메뉴와 매장을 알려요", title="이번 주 새 메뉴 구경하기",
        body="새로 나온 메뉴를 사진으로 먼저 만나 보세요. 매장 위치와 여는 시간도 볼 수 있어요.", action="메뉴 보러 가기",
        price=100, budget=100_000, tickets=1,
    ),
    _template(
        "shop", "온라인 쇼핑몰", "기획전과 새 상품을 보여줘요", title="이번 시즌 새 상품 둘러보기",
        body="새로 들어온 상품을 둘러보고 마음에 드는 것을 찾아보세요.", action="새 상품 보기", price=120, budget=300_000, tickets=2,
    ),
    _template(
        "app", "앱·서비스", "서비스를 처음 소개해요", title="어떤 서비스인지 1분 만에 알아보기",
        body="무엇을 할 수 있는 서비스인지 화면과 함께 소개해요.", action="소개 보기", price=150, budget=500_000, tickets=2,
    ),
    _template(
        "academy", "학원·교육", "강의와 상담을 알려요", title="새 학기 강의 미리 보기",
        body="강의 소개와 시간표를 미리 볼 수 있어요. 궁금한 점은 상담으로 남겨 주세요.", action="강의 보러 가기",
        price=150, budget=200_000, tickets=2,
    ),
    _template(
        "clinic", "병원·미용", "진료와 예약을 안내해요", title="진료 시간과 예약 방법 알아보기",
        body="진료 과목과 시간, 예약하는 방법을 안내해요.", action="안내 보기", price=150, budget=200_000, tickets=1,
    ),
)  # fmt: skip


def period_from(at: datetime) -> dict[str, str]:
    """A period to begin with: from the next full hour for two weeks, until a midnight."""
    start = (at.astimezone(SEOUL) + timedelta(hours=1)).replace(minute=0, second=0, microsecond=0)
    return {"starts_at": start.isoformat(), "ends_at": day_from(day_of(start) + RUNS + timedelta(days=1)).isoformat()}


def first_answers(type_key: str, *, at: datetime) -> dict[str, Any]:
    """What a draft of a type begins with: one ticket, the suggested price, two weeks."""
    return {
        "type": type_key,
        "reward": {"tickets": 1},
        "credit": {"unit_price": types.get(type_key).price.suggested},
        "setting": period_from(at),
    }


def template(key: str) -> Template | None:
    """The template of this key."""
    return next((one for one in TEMPLATES if one.key == key), None)


def of_template(chosen: Template, *, at: datetime) -> dict[str, Any]:
    """The answers of a draft that begins with a template."""
    return {**chosen.answers, "setting": period_from(at)}


def example(key: str, *, at: datetime) -> dict[str, Any]:
    """
    The answers of a template with a landing page, so that nothing is missing.

    :raises LookupError: there is no such template.
    """
    chosen = template(key)
    if chosen is None:
        raise LookupError(f"there is no template {key}")
    answers = of_template(chosen, at=at)
    return {**answers, "design": {**answers["design"], "landing_url": "https://www.example.com/"}}


def duplicate(*, campaign: Campaign, by: User, at: datetime, key: str) -> Draft:
    """
    Begin a draft with the design and the settings of a campaign. Numbers, money, approvals and dates stay behind, and so does
    whatever is not there any more: the draft says so.

    :raises: what `drafts.begin` raises.
    """
    answers, missing = _what_is_left(campaign, at=at)
    return drafts.begin(
        advertiser=campaign.advertiser,
        by=by,
        at=at,
        key=f"copy:{campaign.public_id}:{key}",
        answers=answers,
        copied_from=campaign,
        left_out=[*NOT_COPIED, *missing],
    )


def correction(*, campaign: Campaign, by: User, at: datetime) -> tuple[Draft, list[str]]:
    """
    The draft in which a campaign is edited, sent back or approved; the same one however often it is asked for, until it is submitted.
    What changed in the campaign since then is in it, and said in sentences.

    :raises DraftSubmitted: it was, just now.   :raises: what `drafts.begin` raises.
    """
    mine = Draft.objects.owned_by(campaign.advertiser).open().filter(corrects=campaign)
    if known := mine.first():
        try:
            draft, followed = drafts.catch_up(draft=known, campaign=campaign, seen=None, at=at)
        except following.DraftOutdated as outdated:
            return known, [str(outdated)]
        return draft, followed.sentences
    content = versions.latest_content(campaign)
    key = f"fix:{campaign.public_id}:{Draft.objects.owned_by(campaign.advertiser).filter(corrects=campaign).count()}"
    begun = drafts.begin(advertiser=campaign.advertiser, by=by, at=at, key=key, answers=content, base=content, corrects=campaign)
    return begun, []


def _what_is_left(campaign: Campaign, *, at: datetime) -> tuple[dict[str, Any], list[str]]:
    """The answers without what is not there any more, and what that was."""
    answers = {part: dict(value) if isinstance(value, dict) else value for part, value in campaign.spec.items()}
    missing = []
    answers["setting"] = {**answers.get("setting", {}), **period_from(at)}
    if answers.get("design", {}).get("image") and images.find(campaign.advertiser, answers["design"]["image"]) is None:
        del answers["design"]["image"]
        missing.append("대표 이미지: 저장된 파일이 없어요. 다시 올려 주세요.")
    if prizes := answers.get("reward", {}).get("prizes"):
        lost = gifts.gone(prizes)
        answers["reward"]["prizes"] = gifts.filled_in([prize for prize in prizes if prize not in lost])
        missing += [f"경품 {prize['name']}: 지금은 고를 수 없어요. 다른 경품을 골라 주세요." for prize in lost]
    if answers["setting"].get("exclusions") and audience.find(campaign.advertiser, answers["setting"]["exclusions"]) is None:
        del answers["setting"]["exclusions"]
        missing.append("제외 목록: 보관 기간이 지나 지웠어요. 다시 올려 주세요.")
    if not types.is_offered(campaign.type):
        missing.append(f"유형: {campaign.declared.name} 유형은 지금 새로 만들 수 없어요. 다른 유형을 골라 주세요.")
    return answers, missing
