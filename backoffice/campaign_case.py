"""One campaign as the review desk shows it: the version to decide beside what runs, the money, the days and the history. Reads only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import F, Sum

from backoffice import review_queue
from campaigns import linter, locks
from campaigns.linter import LikelyRejection
from campaigns.models import BudgetSlot, Campaign, CampaignEvent, CampaignImage, CampaignVersion, ReviewReason
from campaigns.services import versions
from campaigns.wizard.fields import shown


@dataclass(frozen=True, slots=True)
class Day:
    """One KST day's units over all of its slots."""

    on: date
    allowance: int
    running: int
    confirmed: int
    confirmed_credits: int


@dataclass(frozen=True, slots=True)
class Field:
    """
    One field of the content. before: what is there now, empty for a first submission.   open_reason: what the last refusal said
    about it.   remark: what was said in this decision.   choices: reasons that reviewers say often.
    """

    path: str
    label: str
    before: str
    after: str
    is_changed: bool
    open_reason: str
    remark: str
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """
    What members see of a content. number: of the version, 0 for what runs.   landing_url: where it leads.   image_state: what reviews
    said of its picture, empty without one.
    """

    label: str
    number: int
    landing_url: str
    image_state: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """Everything the desk shows about one campaign. version: the newest.   seen: what runs or was there before, and the version."""

    campaign: Campaign
    version: CampaignVersion
    line: review_queue.Line
    seen: tuple[Seen, ...]
    fields: tuple[Field, ...]
    warnings: tuple[LikelyRejection, ...]
    type_name: str
    charged_when: str
    days: tuple[Day, ...]
    events: tuple[CampaignEvent, ...]
    history: tuple[CampaignVersion, ...]
    earlier: int
    choices: tuple[str, ...]
    recheck: CampaignVersion | None

    @property
    def is_waiting(self) -> bool:
        """True while a reviewer has to decide."""
        return self.version.is_waiting

    @property
    def shown_status(self) -> str:
        """The key of the word people see: an operator's lock stands above the state."""
        return "LOCKED" if self.campaign.is_locked else str(self.campaign.state)


def case_of(campaign: Campaign, *, at: datetime, typed: Mapping[str, str] | None = None) -> Case:
    """
    Gather one campaign's case. campaign: with advertiser and hold joined. The number of queries is fixed.

    typed: remarks of a page that was refused, by path of the field.
    """
    history = tuple(
        campaign.versions.select_related("campaign__advertiser", "claimed_by", "decided_by", "appeal_of", "submitted_by").order_by(
            "-number"
        )
    )
    version = history[0]
    base = _base_of(version, history, campaign)
    declared = campaign.declared
    reasons = tuple(ReviewReason.objects.filter(is_active=True).order_by("place", "pk"))
    before = _shown_beside(version, history, campaign)
    design = version.spec["design"]
    newest = Seen(f"{version.number}번 버전", version.number, design["landing_url"], _image_state(campaign, design.get("image")))
    return Case(
        campaign=campaign,
        version=version,
        line=review_queue.line(version, at=at),
        seen=(before, newest) if before is not None else (newest,),
        fields=tuple(_fields(version, base, history, reasons, typed or {})),
        warnings=tuple(linter.warnings(version.spec["design"])),
        type_name=declared.name,
        charged_when=declared.charged_when,
        days=_days(campaign),
        events=tuple(campaign.events.select_related("by").order_by("at", "pk")),
        history=history,
        earlier=Campaign.objects.filter(advertiser=campaign.advertiser, approved_at__isnull=False).exclude(pk=campaign.pk).count(),
        choices=tuple(reason.text for reason in reasons if not reason.field),
        recheck=next((row for row in history if row.recheck and row.rechecked_at is None), None),
    )


def _base_of(version: CampaignVersion, history: tuple[CampaignVersion, ...], campaign: Campaign) -> dict[str, Any] | None:
    """What the version is compared with: what runs, else the version before it; None for a first submission."""
    if campaign.approved_at is not None and version.is_waiting:
        return versions.whole(campaign.spec)
    earlier = [row for row in history if row.number < version.number]
    return versions.whole(earlier[0].spec) if earlier else None


def _image_state(campaign: Campaign, number: str | None) -> str:
    """What reviews said of a picture of the advertiser's. At most one query."""
    mine = CampaignImage.objects.owned_by(campaign.advertiser).filter(public_id=number) if number else CampaignImage.objects.none()
    return mine.values_list("state", flat=True).first() or ""


def _shown_beside(version: CampaignVersion, history: tuple[CampaignVersion, ...], campaign: Campaign) -> Seen | None:
    """What the version is shown beside."""
    if campaign.approved_at is not None and version.is_waiting:
        return Seen("지금", 0, campaign.spec["design"]["landing_url"])
    earlier = [row for row in history if row.number < version.number]
    return Seen(f"{earlier[0].number}번 버전", earlier[0].number, earlier[0].spec["design"]["landing_url"]) if earlier else None


def _fields(
    version: CampaignVersion,
    base: dict[str, Any] | None,
    history: tuple[CampaignVersion, ...],
    reasons: tuple[ReviewReason, ...],
    typed: Mapping[str, str],
) -> list[Field]:
    """Changed fields first; of an edit only those are asked about, of a first submission all that members or the budget feel."""
    before, after = versions.flat(base or {}), versions.flat(versions.whole(version.spec))
    said: dict[str, str] = next((row.remarks for row in history if row.number < version.number and row.remarks), {})
    found = [
        Field(
            path=path,
            label=locks.label_of(path, version.spec["type"]),
            before=_words(before.get(path)) if base is not None else "",
            after=_words(value),
            is_changed=path in version.changes,
            open_reason=said.get(path, ""),
            remark=typed.get(path) or version.remarks.get(path, ""),
            choices=tuple(reason.text for reason in reasons if reason.field == path),
        )
        for path, value in after.items()
    ]
    asked = [field for field in found if field.is_changed or field.open_reason or field.remark or not version.changes]
    return sorted(asked, key=lambda field: not field.is_changed)


def _words(value: Any) -> str:
    return "–" if value in (None, "", [], ()) else shown(value)


def _days(campaign: Campaign) -> tuple[Day, ...]:
    rows = (
        BudgetSlot.objects.filter(campaign=campaign)
        .values("day_on")
        .annotate(
            allowance=Sum("allowance"),
            running=Sum(F("taken") - F("returned") - F("confirmed")),
            confirmed=Sum("confirmed"),
            confirmed_credits=Sum("confirmed_credits"),
        )
        .order_by("-day_on")
        .values_list("day_on", "allowance", "running", "confirmed", "confirmed_credits")[:14]
    )
    return tuple(Day(*row) for row in rows)
