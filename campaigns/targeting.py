"""
Whom a campaign is for, and when: asked when a member starts, when one looks at a mission, and for the list. Age and sex count only as
an identity check proved them, the region as the member says; hours and weekdays are Seoul's. Nothing here writes.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import Count

from campaigns import applications, audience
from campaigns.models import Audience, Campaign, ExcludedPerson, Participation
from common.errors import DomainError
from common.kst import SEOUL, day_of
from rewards import plus
from rewards.models import Member
from rewards.regions import Region

WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_DAYS = dict(zip(WEEKDAYS, "월화수목금토일", strict=True))
_SYSTEMS = {"ANDROID": "안드로이드", "IOS": "아이폰"}
_SEXES = {"FEMALE": "여성", "MALE": "남성"}
_DONE = (Participation.State.CONFIRMED, Participation.State.REWARDED)


class Problem(StrEnum):
    """Why somebody may not start."""

    UNPROVED = "UNPROVED"
    UNTOLD = "UNTOLD"
    AGE = "AGE"
    SEX = "SEX"
    REGION = "REGION"
    SYSTEM = "SYSTEM"
    HOURS = "HOURS"
    LIMIT = "LIMIT"
    EXCLUDED = "EXCLUDED"
    CHOSEN = "CHOSEN"
    PLUS = "PLUS"


# A member who only has to come back later, or on another device, still sees the mission in the list.
PASSES = frozenset({Problem.HOURS, Problem.SYSTEM, Problem.UNPROVED, Problem.UNTOLD})


class NotForYou(DomainError):
    code = "mission.not_for_you"
    message = "이 미션에는 참여할 수 없어요. {why}"


@dataclass(frozen=True, slots=True)
class Person:
    """
    What is known of a member. done: finished participations by campaign.   listed: exclusion lists that name the member.
    is_outside_plus: missions for the reserved second tier are closed to them.
    """

    birth_year: int | None
    sex: str
    region: str
    done: dict[int, int]
    listed: frozenset[str]
    is_outside_plus: bool = False


def is_targeted(setting: dict[str, Any], details: dict[str, Any]) -> bool:
    """True when not everybody may start at every hour. setting, details: as stored."""
    narrowed = ("weekdays", "hour_from", "age_from", "age_until", "sex", "regions", "systems", "member_limit", "exclusions")
    return any(setting.get(name) for name in narrowed) or setting.get("hour_until", 24) < 24 or bool(details.get("os"))


def refuse_outside(campaign: Campaign, *, member_id: int, device: str, at: datetime, is_applying: bool = False) -> None:
    """
    is_applying: the advertiser has not chosen yet.

    :raises NotForYou: context has `problem`. At most four queries.
    """
    person = person_of(member_id, [campaign])
    problem = problem_of(campaign, person, device=device, at=at) if person is not None else None
    if problem is None and campaign.declared.chooses and not is_applying and not applications.is_chosen(campaign, member_id):
        problem = Problem.CHOSEN
    if problem is not None:
        raise NotForYou(why=explain(problem, campaign), problem=problem.value)


def person_of(member_id: int, campaigns: Iterable[Campaign]) -> Person | None:
    """The member as far as these campaigns ask; None when there is no such member. At most three queries."""
    asked = [campaign for campaign in campaigns if campaign.is_targeted]
    member = Member.objects.select_related("user").filter(pk=member_id).first()
    if member is None:
        return None
    limited = [campaign.pk for campaign in asked if _setting(campaign).get("member_limit")]
    lists = {str(named) for campaign in asked if (named := _setting(campaign).get("exclusions"))}
    done, listed = _done(member_id, limited), _listed(member.user.phone or "", lists)
    return Person(member.birth_year, member.sex, member.region, done, listed, is_outside_plus=plus.keeps_out(member))


def problem_of(campaign: Campaign, person: Person, *, device: str | None, at: datetime) -> Problem | None:
    """The first reason against this person, or None. device: None where nobody knows yet."""
    setting = _setting(campaign)
    checks = (
        (Problem.PLUS, campaign.audience == Audience.PLUS and person.is_outside_plus),
        (Problem.EXCLUDED, setting.get("exclusions") in person.listed),
        (Problem.UNPROVED, _asks_for_proof(setting, person)),
        (Problem.AGE, not _fits_age(setting, person, at=at)),
        (Problem.SEX, bool(setting.get("sex")) and setting["sex"] != person.sex),
        (Problem.UNTOLD, bool(setting.get("regions")) and not person.region),
        (Problem.REGION, bool(setting.get("regions")) and person.region not in setting["regions"]),
        (Problem.LIMIT, bool(setting.get("member_limit")) and person.done.get(campaign.pk, 0) >= setting["member_limit"]),
        (Problem.SYSTEM, device is not None and not _fits_system(campaign, device)),
        (Problem.HOURS, not _is_open(setting, at=at)),
    )
    return next((problem for problem, applies in checks if applies), None)


def fitting(campaigns: list[Campaign], *, member_id: int | None, at: datetime) -> list[Campaign]:
    """Those that this member may be shown in a list: all but the ones that will never be theirs. Queries only where one is targeted."""
    if member_id is None or not any(campaign.is_targeted for campaign in campaigns):
        return campaigns
    person = person_of(member_id, campaigns)
    if person is None:
        return campaigns
    return [
        campaign
        for campaign in campaigns
        if not campaign.is_targeted or problem_of(campaign, person, device=None, at=at) in (None, *PASSES)
    ]


def explain(problem: Problem, campaign: Campaign) -> str:
    """Why, in Korean."""
    setting = _setting(campaign)
    sentences = {
        Problem.UNPROVED: "본인 확인을 하면 조건에 맞는지 알 수 있어요.",
        Problem.AGE: f"{_ages(setting)} 참여하는 미션이에요.",
        Problem.SEX: f"{_SEXES.get(setting.get('sex') or '', '정해진 성별')}만 참여하는 미션이에요.",
        Problem.UNTOLD: "사는 지역을 알려 주면 조건에 맞는지 알 수 있어요.",
        Problem.REGION: f"{', '.join(Region(name).label for name in setting.get('regions') or ())}에 사는 회원만 참여하는 미션이에요.",
        Problem.SYSTEM: f"{', '.join(_SYSTEMS.get(name, name) for name in _systems(campaign))} 기기에서 참여해 주세요.",
        Problem.HOURS: f"{_opening(setting)}에 참여할 수 있어요.",
        Problem.LIMIT: f"한 사람이 {setting.get('member_limit')}번까지 참여할 수 있는 미션이에요.",
        Problem.PLUS: "럭플 플러스 회원만 참여하는 미션이에요.",
        Problem.CHOSEN: "광고주가 고른 회원이 참여해요. 먼저 신청해 주세요.",
        Problem.EXCLUDED: "광고주의 기존 고객은 참여하지 않는 미션이에요.",
    }
    return sentences[problem]


def _setting(campaign: Campaign) -> dict[str, Any]:
    setting: dict[str, Any] = campaign.spec.get("setting", {})
    return setting


def _done(member_id: int, limited: list[int]) -> dict[int, int]:
    if not limited:
        return {}
    rows = Participation.objects.filter(member_id=member_id, campaign_id__in=limited, state__in=_DONE)
    return dict(rows.values_list("campaign_id").annotate(times=Count("campaign_id")))


def _listed(phone: str, lists: set[str]) -> frozenset[str]:
    if not (phone and lists):
        return frozenset()
    rows = ExcludedPerson.objects.filter(list__public_id__in=lists, key=audience.person_key(phone))
    return frozenset(str(number) for number in rows.values_list("list__public_id", flat=True))


def _asks_for_proof(setting: dict[str, Any], person: Person) -> bool:
    asks_age = bool(setting.get("age_from") or setting.get("age_until"))
    return (asks_age and person.birth_year is None) or (bool(setting.get("sex")) and not person.sex)


def _fits_age(setting: dict[str, Any], person: Person, *, at: datetime) -> bool:
    if person.birth_year is None:
        return True
    age = day_of(at).year - person.birth_year
    return (setting.get("age_from") or 0) <= age <= (setting.get("age_until") or 200)


def _systems(campaign: Campaign) -> tuple[str, ...]:
    """What the setting names, or the one that the type's own fields ask for."""
    own = campaign.details.get("os")
    return (own,) if own else tuple(_setting(campaign).get("systems") or ())


def _fits_system(campaign: Campaign, device: str) -> bool:
    wanted = _systems(campaign)
    return not wanted or device.partition("/")[0].upper() in wanted


def _is_open(setting: dict[str, Any], *, at: datetime) -> bool:
    now = at.astimezone(SEOUL)
    days = setting.get("weekdays") or WEEKDAYS
    return WEEKDAYS[now.weekday()] in days and setting.get("hour_from", 0) <= now.hour < setting.get("hour_until", 24)


def _ages(setting: dict[str, Any]) -> str:
    youngest, oldest = setting.get("age_from"), setting.get("age_until")
    if youngest and oldest:
        return f"{youngest}세부터 {oldest}세까지"
    return f"{youngest}세부터" if youngest else f"{oldest}세까지"


def _opening(setting: dict[str, Any]) -> str:
    days = "·".join(_DAYS[day] for day in setting.get("weekdays") or ())
    return f"{days + ' ' if days else '매일 '}{setting.get('hour_from', 0)}시부터 {setting.get('hour_until', 24)}시까지"
