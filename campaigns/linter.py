"""
What a reviewer would probably reject, said before anybody submits. The rules are rows that operators edit; each carries samples that it
must find and samples that it must leave alone, and no rule is saved that gets one of them wrong.
"""

import unicodedata
from dataclasses import dataclass
from typing import Any

from campaigns.models import PolicyRule
from common.errors import DomainError

_FIELDS = {"title": PolicyRule.Field.TITLE, "body": PolicyRule.Field.BODY, "call_to_action": PolicyRule.Field.CALL_TO_ACTION}


@dataclass(frozen=True, slots=True)
class LikelyRejection:
    """One likely reason for a rejection. field: of the design step.   word: what was found."""

    field: str
    word: str
    sentence: str


class RuleRefused(DomainError):
    """The rule does not do what its own samples say."""

    code = "campaign.rule_refused"
    message = "이 기준은 저장할 수 없어요. {why}"
    http_status = 422


def warnings(design: Any) -> list[LikelyRejection]:
    """What the rules find in the texts of a design. One query."""
    texts = {field: str(design.get(field) or "") for field in _FIELDS} if isinstance(design, dict) else {}
    found = []
    for rule in PolicyRule.objects.filter(is_active=True).order_by("name"):
        everything = " ".join(texts.values())
        for field, text in texts.items():
            if rule.field not in (PolicyRule.Field.ANY, _FIELDS[field]):
                continue
            if word := found_by(rule, text, beside=everything):
                found.append(LikelyRejection(field=field, word=word, sentence=rule.message))
                break
    return found


def found_by(rule: PolicyRule, text: str, *, beside: str = "") -> str:
    """The word by which a rule finds this text; empty when it does not. beside: other texts in which `unless` counts too."""
    plain, around = _plain(text), _plain(f"{text} {beside}")
    if any(_plain(word) in around for word in _lines(rule.unless)):
        return ""
    return next((word for word in _lines(rule.words) if _plain(word) in plain), "")


def refuse_wrong(rule: PolicyRule) -> None:
    """
    Try a rule on its own samples.

    :raises RuleRefused: a word or a sample is missing, or a sample is judged wrongly.
    """
    if not _lines(rule.words):
        raise RuleRefused(why="찾을 말을 한 줄에 하나씩 적어 주세요.")
    if not _lines(rule.bad) or not _lines(rule.good):
        raise RuleRefused(why="걸려야 하는 예와 걸리지 않아야 하는 예를 하나씩은 적어 주세요.")
    for sample in _lines(rule.bad):
        if not found_by(rule, sample):
            raise RuleRefused(why=f"걸려야 하는 예가 걸리지 않아요: {sample}")
    for sample in _lines(rule.good):
        if word := found_by(rule, sample):
            raise RuleRefused(why=f"걸리지 않아야 하는 예가 ‘{word}’ 때문에 걸려요: {sample}")


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if _plain(line)]


def _plain(text: str) -> str:
    """Letters and digits only: spaces, dots and full-width forms hide no word."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(letter for letter in folded if letter.isalnum() or letter in "%₩")
