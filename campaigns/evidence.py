"""What people who check evidence read: what waits, oldest first, and what was decided. Nothing here writes, and nobody is named."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from campaigns import progress
from campaigns.fraud import origins, rules
from campaigns.models import Campaign, Evidence, FraudSignal, Participation

State, Verdict = Participation.State, Evidence.Verdict
NEARLY_THE_SAME = 10  # bits of 64 in which two fingerprints may differ; up to three are refused when they are sent
DECIDED = (Verdict.APPROVED, Verdict.REFUSED)


# What operators say most often when they refuse; the member reads it.
REASONS = (
    "캠페인이 요청한 화면이 아니에요.",
    "사진이 흐리거나 잘려서 내용을 확인할 수 없어요.",
    "다른 참여에 쓴 사진과 같아요.",
    "참여한 날짜나 계정이 보이지 않아요.",
    "고치거나 합친 사진이에요.",
)


@dataclass(frozen=True, slots=True)
class Alike:
    """A picture that somebody else sent, waits as well and looks nearly the same. title: of the campaign it was sent for."""

    public_id: UUID
    title: str


@dataclass(frozen=True, slots=True)
class Case:
    """
    One piece of evidence. guide: what it must show.   doubts: Korean.   words: what was sent, line by line.   alike: nearly the same
    pictures that wait.
    """

    evidence: Evidence
    campaign: Campaign
    guide: str
    doubts: tuple[str, ...]
    words: tuple[str, ...]
    alike: tuple[Alike, ...] = ()

    @property
    def link(self) -> str:
        """The address that was sent in; it was read as https and public before it was kept."""
        return str(self.evidence.data.get("text", "")) if self.evidence.kind == Evidence.Kind.LINK else ""

    @property
    def has_picture(self) -> bool:
        return bool(self.evidence.file)


def waiting() -> QuerySet[Evidence]:
    """Everything that waits for a person, oldest first: pictures, and whatever lies in quarantine."""
    held = Participation.objects.filter(public_id=OuterRef("participation"), period_on=OuterRef("period_on"), state=State.QUARANTINED)
    open_ones = Q(verdict=Verdict.WAITING) | Q(Exists(held), verdict=Verdict.PASSED)
    return Evidence.objects.filter(open_ones).select_related("campaign__advertiser", "decided_by").order_by("at", "pk")


def decided() -> QuerySet[Evidence]:
    """What was decided, newest first, with who did."""
    return Evidence.objects.filter(verdict__in=DECIDED).select_related("campaign__advertiser", "decided_by").order_by("-decided_at", "-pk")


def checked_by_advertiser(campaign: Campaign) -> bool:
    """True when the advertiser said that it would look at the pictures."""
    return bool(campaign.details.get("checker") == "ADVERTISER")


def find(public_id: UUID, campaign: Campaign | None = None) -> Evidence | None:
    """One piece of evidence; of this campaign only, when one is given."""
    rows = Evidence.objects.select_related("campaign__advertiser", "decided_by").filter(public_id=public_id)
    return (rows.filter(campaign=campaign) if campaign is not None else rows).first()


def cases(found: Iterable[Evidence]) -> list[Case]:
    """With what a person needs to decide, nearly equal pictures next to each other. Two queries more, however many there are."""
    rows = list(found)
    signals: dict[UUID, list[str]] = {}
    for signal in FraudSignal.objects.filter(participation__in=[row.participation for row in rows]):
        signals.setdefault(signal.participation, []).append(signal.code)
    alike = _alike(rows)
    return [_case(row, signals.get(row.participation, []), alike.get(row.pk, {})) for row in _grouped(rows, alike)]


def _alike(rows: list[Evidence]) -> dict[int, dict[int, Alike]]:
    """Of each picture, whatever else waits and looks nearly the same, in any campaign, by its row's number."""
    looks = [row.pk for row in rows if row.look and row.verdict == Verdict.WAITING]
    found: dict[int, dict[int, Alike]] = {}
    if not looks:
        return found
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.id, b.id, b.public_id, c.title FROM campaigns_evidence a "
            "JOIN campaigns_evidence b ON b.verdict = 'WAITING' AND b.look <> '' "
            "AND b.participation <> a.participation AND bit_count(('x' || a.look)::bit(64) # ('x' || b.look)::bit(64)) <= %s "
            "JOIN campaigns_campaign c ON c.id = b.campaign_id WHERE a.id = ANY(%s) ORDER BY a.id, b.id",
            [NEARLY_THE_SAME, looks],
        )
        for one, other, public_id, title in cursor.fetchall():
            found.setdefault(one, {})[other] = Alike(public_id, title)
    return found


def _grouped(rows: list[Evidence], alike: dict[int, dict[int, Alike]]) -> list[Evidence]:
    """The same rows, each followed by those of the page that look like it."""
    waiting_rows = {row.pk: row for row in rows}
    ordered: list[Evidence] = []
    for row in rows:
        for number in (row.pk, *alike.get(row.pk, {})):
            if one := waiting_rows.pop(number, None):
                ordered.append(one)
    return ordered


def doubts_of(row: Evidence) -> list[str]:
    """Korean words for everything this start is doubted for. One query."""
    codes = FraudSignal.objects.filter(participation=row.participation, attempt=row.attempt).order_by("pk").values_list("code", flat=True)
    return list(words_for(row.campaign, codes))


def words_for(campaign: Campaign, codes: Iterable[str]) -> tuple[str, ...]:
    """Korean words for signals of one campaign."""
    labels = _labels(campaign)
    return tuple(labels.get(code, code) for code in codes)


def _labels(campaign: Campaign) -> dict[str, str]:
    return {rule.code: rule.label for rule in campaign.declared.fraud_rules} | EXTRA_DOUBTS


def _case(row: Evidence, codes: list[str], alike: dict[int, Alike]) -> Case:
    declared = row.campaign.declared
    labels = _labels(row.campaign)
    task = declared.task(declared.read(row.campaign.details), "")
    return Case(
        evidence=row,
        campaign=row.campaign,
        guide=_guide_of_step(row) if row.step else str(task.get("guide", declared.charged_when)),
        doubts=tuple(labels.get(code, code) for code in codes),
        words=_words(row.data),
        alike=tuple(alike.values()),
    )


def _guide_of_step(row: Evidence) -> str:
    part = next((one for one in progress.parts_of(row.campaign) if one.number == row.step), None)
    return f"{part.number}단계 {part.title}: {part.guide}" if part else ""


EXTRA_DOUBTS = {
    "upload.seen": "다른 참여에 쓴 사진을 먼저 올렸어요",
    "postback.unsigned": "서명 없는 태그로 알려 왔어요",
    "postback.cancelled": "광고주가 전환 취소를 보냈어요",
    "review.deleted": "다 지급한 후기를 지우고 되돌리지 않았어요",
    "airbridge.not_first": "처음 설치한 기기가 아니라고 해요",
    "airbridge.other_publisher": "다른 매체의 성과라고 해요",
    "airbridge.fingerprint": "기기 번호 없이 짐작으로 이은 전환이에요",
    **{f"origin.{kind.lower()}": words for kind, words in origins.WORDS.items()},
    **rules.LABELS,
}


def _words(data: dict[str, Any]) -> tuple[str, ...]:
    """Answers and postbacks as lines."""
    lines = []
    for name, value in data.items():
        if isinstance(value, list):
            lines += [f"{number}. {_one(item)}" for number, item in enumerate(value, start=1)]
        elif value not in ("", None):
            lines.append(str(value) if name == "text" else f"{name}: {value}")
    return tuple(lines)


def _one(item: Any) -> str:
    if isinstance(item, dict):
        return str(item.get("text") or ", ".join(str(place) for place in item.get("picked", ())))
    return str(item)
