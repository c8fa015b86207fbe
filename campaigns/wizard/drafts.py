"""
Drafts: what has been written is kept with every step, in a row that any device finds again.

Two tabs may write one draft. A tab says which version it has seen; what somebody else changed in that step since then is never written
over, but shown beside what the tab has. A draft that edits a campaign follows what changes there meanwhile (`following`).
"""

import hashlib
import json
from datetime import datetime
from typing import Any

from django.db import transaction

from advertisers.models import Advertiser
from campaigns import forecast
from campaigns.landing import Finding, Found
from campaigns.models import Campaign, Draft, ForecastLog
from campaigns.schemas import CampaignSpec
from campaigns.services import moves, seconding, spending, submission
from campaigns.types.base import CampaignType
from campaigns.wizard import fields, following, steps
from campaigns.wizard.following import Followed
from campaigns.wizard.steps import Step
from common.errors import DomainError
from credits import services as credits
from identity.models import ApprovalRequest, User

MOST_OPEN = 50


class DraftSubmitted(DomainError):
    """A campaign was made of it."""

    code = "campaign.draft_submitted"
    message = "이미 심사를 요청한 캠페인이에요."


class DraftChanged(DomainError):
    """Somebody else wrote this step meanwhile. draft: as it is now."""

    code = "campaign.draft_changed"
    message = "다른 화면에서 먼저 저장한 내용이 있어요. 두 내용을 견주어 보고 골라 주세요."

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        super().__init__(version=draft.version)


class TooManyDrafts(DomainError):
    """More are open than anybody keeps in mind."""

    code = "campaign.too_many_drafts"
    message = "작성 중인 캠페인이 너무 많아요. 쓰지 않는 것을 지우고 다시 만들어 주세요."


class DraftConflict(DomainError):
    """The key of a call that made another draft."""

    code = "campaign.draft_conflict"
    message = "같은 요청 번호로 다른 내용을 이미 보냈어요. 새 요청 번호로 보내 주세요."


class DraftUnfinished(DomainError):
    """A step has something to put right."""

    code = "campaign.draft_unfinished"
    message = "아직 고칠 항목이 있어요. {step} 단계를 확인해 주세요."
    http_status = 422


def finding_of(draft: Draft) -> Finding | None:
    """What was found behind the landing address that is written there now; None while nobody looked."""
    known, design = draft.landing, draft.answers.get("design") or {}
    if not known or known["url"] != design.get("landing_url"):
        return None
    return Finding(Found(known["found"]), known["status"], known["target"])


def begin(
    *, advertiser: Advertiser, by: User, at: datetime, key: str, answers: dict[str, Any], request_hash: str = "", **origin: Any
) -> Draft:
    """
    Start a draft, or find the one that this key made. origin: `copied_from`, `corrects` with `base`, `left_out`,
    `aside`.

    :raises DraftConflict: the key was used with another request_hash.   :raises TooManyDrafts: see MOST_OPEN.
    """
    with transaction.atomic(durable=True):
        mine = Draft.objects.owned_by(advertiser)
        if mine.open().count() >= MOST_OPEN and not mine.filter(key=key).exists():
            raise TooManyDrafts
        values = {"made_by": by, "answers": answers, "request_hash": request_hash, "created_at": at, "updated_at": at, **origin}
        draft, is_new = mine.get_or_create(
            advertiser=advertiser,
            key=key,
            defaults={
                **values,
                "schema_version": steps.SCHEMA_VERSION,
                "step_versions": {step.slug: {"version": 1, "tab": ""} for step in steps.STEPS},
            },
        )
        if not is_new and draft.request_hash != request_hash:
            raise DraftConflict
        return draft


def save_step(*, draft: Draft, step: Step, typed: dict[str, Any], seen: int | None, tab: str, at: datetime) -> Draft:
    """
    Keep the answers of one step, finished or not. seen: the version the writer knew; None writes over whatever is there.

    typed: by part of the step; a part is replaced as a whole.   tab: the page that writes; it never stands in its own way, however its
    requests overtake each other.

    :raises DraftChanged: another tab changed the step since `seen`, to something else.   :raises DraftSubmitted: too late.
    """
    with transaction.atomic(durable=True):
        row = _locked(draft)
        parts = {part: typed[part] for part in step.parts if part in typed}
        if all(row.answers.get(part, {}) == value for part, value in parts.items()):
            return row
        last = row.step_versions[step.slug]
        if seen is not None and last["version"] > seen and last["tab"] != tab:
            raise DraftChanged(row)
        if "type" in parts:
            _choose(row, parts.pop("type"), before=steps.type_of(row.answers))
        row.answers = {**row.answers, **parts}
        return _written(row, [step], tab=tab, at=at)


def change(*, draft: Draft, changes: dict[str, Any], seen: int | None, at: datetime) -> Draft:
    """
    Change single fields and leave all others as they are. changes: part → fields, or the type's key under "type".

    :raises DraftChanged: anything was changed since `seen`.   :raises DraftSubmitted: too late.
    """
    with transaction.atomic(durable=True):
        row = _locked(draft)
        if seen is not None and row.version != seen:
            raise DraftChanged(row)
        before = dict(row.answers)
        if "type" in changes:
            _choose(row, changes["type"], before=steps.type_of(row.answers))
        row.answers = merged(row.answers, changes)
        if row.answers == before:
            return row
        touched = [step for step in steps.STEPS if any(part in changes for part in step.parts)]
        return _written(row, touched, tab="", at=at)


def merged(answers: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """The answers with single fields changed; a field that is null is taken out."""
    after = dict(answers)
    for part, given in changes.items():
        if part == "type":
            after["type"] = given
            continue
        kept = {**after.get(part, {}), **given}
        after[part] = {field: value for field, value in kept.items() if value is not None}
    return after


def catch_up(*, draft: Draft, campaign: Campaign, seen: int | None, at: datetime) -> tuple[Draft, Followed]:
    """
    Let a draft that edits this campaign follow what changed there, and remember that it did: the draft as it is now, and what happened.
    Its version counts up where that is to be seen.   seen: the version the caller knew; None for whatever there is.

    :raises DraftChanged: anything was written since `seen`.   :raises DraftSubmitted: too late.
    :raises following.DraftOutdated: see there.
    """
    with transaction.atomic(durable=True):
        latest = moves.lock(campaign)
        row = _locked(draft)
        if seen is not None and row.version != seen:
            raise DraftChanged(row)
        followed = following.follow(row, latest)
        row.answers, row.base = followed.answers, followed.base
        row.save(update_fields=["base"])
        if not followed.taken and not followed.clashing:
            return row, followed
        touched = {steps.STEP_OF_PART[path.partition(".")[0]] for path in followed.taken}
        return _written(row, list(touched), tab="", at=at), followed


def keep_finding(*, draft: Draft, url: str, finding: Finding) -> None:
    """Remember what was found behind the landing address. It is no answer of the advertiser's, so no version counts it."""
    Draft.objects.filter(pk=draft.pk, campaign=None).update(
        landing={"url": url, "found": finding.found.value, "status": finding.status, "target": finding.target}
    )


def discard(*, draft: Draft) -> None:
    """
    Throw a draft away. Pictures and lists stay in the advertiser's library.

    :raises DraftSubmitted: it is a campaign by now.
    """
    with transaction.atomic(durable=True):
        _locked(draft).delete()


def submit(*, draft: Draft, by: User, at: datetime) -> Campaign | ApprovalRequest:
    """
    Submit what was written and hold its budget in one commit; above the member's limit it waits for a second member.

    Pressed twice it is one submission. A draft that corrects a campaign submits that one again, with what is the latest there wherever
    the advertiser changed nothing.

    :raises DraftUnfinished: a step has something to put right.   :raises DraftChanged: it was written since it was read.
    :raises following.ChangedElsewhere, following.DraftOutdated: see there.
    :raises: what `submit_campaign` and `resubmit` raise, except OverLimit; nothing was written.
    """
    if draft.corrects is not None:
        draft = _caught_up(draft, draft.corrects, at=at)
    if open_step := steps.first_open(draft.answers, at=at):
        raise DraftUnfinished(step=open_step.label)
    spec = steps.spec_of(draft.answers)
    expected = forecast.of_spec(spec, advertiser=draft.advertiser, at=at)
    key = draft.submission_key
    try:
        return _submit(draft, spec, by=by, at=at, key=key, expected=expected)
    except spending.OverLimit:
        if draft.corrects is not None:
            return seconding.ask_to_resubmit(campaign=draft.corrects, spec=spec, base=draft.base, by=by, at=at, key=key)
        return seconding.ask_to_submit(advertiser=draft.advertiser, spec=spec, by=by, at=at, key=key)


def _caught_up(draft: Draft, campaign: Campaign, *, at: datetime) -> Draft:
    """An edit draft as it is to be submitted; one that was submitted already stays as it was read."""
    try:
        row, followed = catch_up(draft=draft, campaign=campaign, seen=draft.version, at=at)
    except DraftSubmitted:
        return draft
    if followed.clash:
        raise followed.clash
    return row


def _submit(draft: Draft, spec: CampaignSpec, *, by: User, at: datetime, key: str, expected: "forecast.Forecast") -> Campaign:
    with transaction.atomic(durable=True):
        credits.lock_wallet(draft.advertiser)
        corrected = moves.lock(draft.corrects) if draft.corrects is not None else None
        row = Draft.objects.select_for_update(of=("self",)).select_related("campaign").get(pk=draft.pk)
        if row.campaign is not None:
            return row.campaign
        if row.version != draft.version:
            raise DraftChanged(row)
        seconding.close_overtaken(advertiser=draft.advertiser, draft=row.submission_keys, at=at)
        if corrected is not None:
            spec = _spec_now(row, corrected, at=at)
            campaign = submission.resubmit_locked(campaign=corrected, spec=spec, by=by, at=at, key=key)
        else:
            campaign = _made_before(row) or submission.submit_locked(advertiser=draft.advertiser, spec=spec, by=by, at=at, key=key)
        ForecastLog.objects.update_or_create(
            campaign=campaign,
            defaults={
                "type": spec.type, "low": expected.low, "high": expected.high, "samples": expected.samples, "limit": expected.limit,
                "made_at": at,
            },
        )  # fmt: skip
        row.campaign = campaign
        row.save(update_fields=["campaign"])
        return campaign


def _spec_now(row: Draft, campaign: Campaign, *, at: datetime) -> CampaignSpec:
    """The content to submit, should the campaign have changed since the draft caught up with it. Campaign and draft are locked."""
    followed = following.follow(row, campaign)
    if followed.clashing or steps.first_open(followed.answers, at=at):
        raise DraftChanged(row)
    return steps.spec_of(followed.answers)


def _made_before(draft: Draft) -> Campaign | None:
    """What a second member agreed to, if this draft was put before one."""
    return Campaign.objects.owned_by(draft.advertiser).filter(submission_key__startswith=draft.submission_keys).first()


def fingerprint(body: Any) -> str:
    """The content of a call: the same key with other content is a conflict."""
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def _locked(draft: Draft) -> Draft:
    row = Draft.objects.select_for_update(of=("self",)).get(pk=draft.pk)
    if row.is_submitted:
        raise DraftSubmitted
    return row


def _written(row: Draft, touched: list[Step], *, tab: str, at: datetime) -> Draft:
    row.version, row.updated_at, row.schema_version = row.version + 1, at, steps.SCHEMA_VERSION
    row.step_versions = {**row.step_versions, **{step.slug: {"version": row.version, "tab": tab} for step in touched}}
    row.save(update_fields=["answers", "aside", "version", "step_versions", "schema_version", "updated_at"])
    return row


def _choose(row: Draft, key: Any, *, before: CampaignType | None) -> None:
    """
    Take another type: fields that both have stay, the others are put aside by name, and come back when their type is chosen again.
    """
    row.answers = {**row.answers, "type": key}
    after = steps.type_of(row.answers)
    if after is None or after == before:
        return
    old = row.answers.get("details", {})
    kept = {name: value for name, value in old.items() if name in after.fields.model_fields}
    aside = list(row.aside)
    if before is not None:
        words = {"type": before.key}
        aside += [
            {"type": before.key, "field": name, "label": fields.words_of("details", name, words), "value": value}
            for name, value in old.items()
            if name not in kept
        ]
        reward = row.answers.get("reward", {})
        if before.enters_raffle and not after.enters_raffle and "prizes" in reward:
            prizes = {"field": "prizes", "label": fields.words_of("reward", "prizes", words), "value": reward["prizes"]}
            aside.append({"type": before.key, "part": "reward", **prizes})
            row.answers["reward"] = {name: value for name, value in reward.items() if name != "prizes"}
    back = [one for one in aside if one["type"] == after.key]
    own = [one for one in back if one.get("part", "details") == "details"]
    row.answers["details"] = {**{one["field"]: one["value"] for one in own if one["field"] in after.fields.model_fields}, **kept}
    for one in back:
        if one not in own:
            row.answers["reward"] = {one["field"]: one["value"], **row.answers.get("reward", {})}
    row.aside = [one for one in aside if one not in back]
    row.step_versions = {**row.step_versions, "design": {"version": row.version + 1, "tab": ""}}
