"""
An edit draft and its campaign: what the advertiser changed in the draft stays, everything else follows the campaign.

Three contents are laid beside each other, field by field: the one that the draft began with, what is written in it, and what the campaign
says now. Nothing here writes.
"""

from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from campaigns.models import Campaign, CampaignEvent, Draft
from campaigns.services import versions
from campaigns.wizard import steps
from campaigns.wizard.fields import says_nothing, worded, words_of
from common.errors import DomainError

Kind = CampaignEvent.Kind
_CHANGES_CONTENT = (Kind.RAISED, Kind.EXTENDED, Kind.CAPPED, Kind.IMAGE, Kind.DECIDED)
_NAMELESS = ("image", "exclusions")  # numbers of rows elsewhere, which say nothing to a reader


class DraftOutdated(DomainError):
    """The campaign changed since, and nobody wrote down what the draft began with: what is untouched in it cannot be told."""

    code = "campaign.draft_outdated"
    message = "이 초안을 쓰기 시작한 뒤에 캠페인이 바뀌어서, 제출하면 옛 값으로 돌아갈 수 있어요. 초안을 지우고 다시 고쳐 주세요."


class ChangedElsewhere(DomainError):
    """
    Fields that the draft changes were changed elsewhere too, to something else. Said once; submitted again, what is written holds.

    fields: [{"field", "draft", "campaign"}], the two values as they are written.
    """

    code = "campaign.changed_elsewhere"
    message = "이 초안을 쓰는 동안 다른 곳에서도 바뀐 항목이 있어요: {names}. 초안에 적은 값으로 두었으니 확인하고 제출해 주세요."

    def __init__(self, *, fields: list[dict[str, Any]], names: str) -> None:
        super().__init__(fields=fields, names=names)


@dataclass(frozen=True, slots=True)
class Followed:
    """
    answers: of the draft, with the campaign's latest values where the advertiser changed nothing.   base: that latest content.
    taken: paths of the fields that followed.   clashing: paths of those that both changed; the draft's value stands.
    """

    answers: dict[str, Any]
    base: dict[str, Any]
    taken: tuple[str, ...]
    clashing: tuple[str, ...]

    @property
    def clash(self) -> ChangedElsewhere | None:
        """What to tell whoever writes the draft before it is submitted."""
        if not self.clashing:
            return None
        pairs = [(path, _at(path, self.answers), _at(path, self.base)) for path in self.clashing]
        names = ", ".join(self._both(path, mine, theirs) for path, mine, theirs in pairs)
        return ChangedElsewhere(fields=[{"field": path, "draft": mine, "campaign": theirs} for path, mine, theirs in pairs], names=names)

    @property
    def sentences(self) -> list[str]:
        """What happened elsewhere, for the page."""
        told = [str(self.clash)] if self.clash else []
        if self.taken:
            names = ", ".join(self._now(path) for path in self.taken)
            told.append(f"다른 곳에서 바뀐 항목은 지금 값으로 맞췄어요: {names}.")
        return told

    def _now(self, path: str) -> str:
        name, value = _name(path, self.base), self._words(path, _at(path, self.base))
        return f"{name}({value})" if value else name

    def _both(self, path: str, mine: Any, theirs: Any) -> str:
        name, ours, other = _name(path, self.base), self._words(path, mine), self._words(path, theirs)
        return f"{name}(초안 {ours}, 캠페인 {other})" if ours and other else name

    def _words(self, path: str, value: Any) -> str:
        part, _, field = path.partition(".")
        if field in _NAMELESS:
            return ""
        return "없음" if says_nothing(value) else worded(part, field, value, self.base)


def follow(draft: Draft, campaign: Campaign) -> Followed:
    """
    The answers of a draft that edits this campaign, beside what the campaign says now. campaign: fresh. One query, three without a base.

    :raises DraftOutdated: see there.
    """
    latest = versions.latest_content(campaign)
    base = versions.whole(draft.base) if draft.base is not None else _base_of_old(draft, campaign, latest)
    before, after = versions.flat(base), versions.flat(latest)
    moved = [path for path in versions.changed(base, latest) if "." in path and path in before and path in after]  # a type never changes
    taken = [path for path in moved if _says(draft.answers, path, base)]
    clashing = [path for path in moved if path not in taken and not _says(draft.answers, path, latest)]
    return Followed(versions.merged(draft.answers, latest, taken), latest, tuple(taken), tuple(clashing))


def _base_of_old(draft: Draft, campaign: Campaign, latest: dict[str, Any]) -> dict[str, Any]:
    """What a draft of an earlier release began with: today's content, if nothing changed it since."""
    changed = campaign.events.filter(kind__in=_CHANGES_CONTENT, at__gt=draft.created_at)
    if changed.exists() or campaign.versions.filter(submitted_at__gt=draft.created_at).exists():
        raise DraftOutdated
    return latest


def _says(answers: dict[str, Any], path: str, content: dict[str, Any]) -> bool:
    """
    True when the answers say of this field what the content says, however a page or a program spelled it: it is read where it would
    stand in that content.
    """
    part, _, field = path.partition(".")
    schema, given = steps.schema_of(part, content), answers.get(part)
    if schema is None or not isinstance(given, dict) or (part == "details" and answers.get("type") != content["type"]):
        return False
    beside = {name: value for name, value in content[part].items() if name != field}
    try:
        read = schema.model_validate({**beside, field: given[field]} if field in given else beside).model_dump(mode="json")[field]
    except ValidationError:
        return bool(given.get(field) == content[part][field])  # it can only be what it was, letter by letter
    return versions.same(path, read, content[part][field])


def _at(path: str, content: dict[str, Any]) -> Any:
    part, _, field = path.partition(".")
    return (content.get(part) or {}).get(field)


def _name(path: str, content: dict[str, Any]) -> str:
    part, _, field = path.partition(".")
    return words_of(part, field, content)
