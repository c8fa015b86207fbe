"""
The ways a conversion may be told. Each reads its caller's own parameters, proves the sender as far as its caller allows, and answers in
a form its caller understands. A new one is a class here and a line in `NETWORKS`.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

from campaigns.models import PostbackLog
from campaigns.postbacks import keys
from campaigns.postbacks.links import PUBLISHER

Outcome = PostbackLog.Outcome
NEWEST = timedelta(minutes=5)
LONGEST = 300
_NEVER_KEPT = ("signature", "ip", "gaid", "idfa", "uuid", "ifa", "ifv", "adid")  # proofs, and numbers of people's devices


@dataclass(frozen=True, slots=True)
class Told:
    """
    One conversion as it was told.

    key: names the campaign.   proof: signature or token, empty where the caller has none.   sent_at: empty where the caller does not say.
    took_seconds: from the click to the event on the caller's clock, None where it does not say.   doubts: penalty by rule for what it says.
    """

    key: str
    click_id: str
    event: str
    transaction: str = ""
    proof: str = ""
    sent_at: str = ""
    query: str = ""
    took_seconds: int | None = None
    doubts: Mapping[str, int] = field(default_factory=dict)


class Network(Protocol):
    """
    One way. source: value of the type's `source` field that chooses it.   doubts: penalty by rule for what it cannot prove.

    generations: of the campaign's secret that hold at this moment, the newest first.
    """

    source: str
    doubts: Mapping[str, int]

    def read(self, parameters: Mapping[str, str], credential: str) -> Told:
        """The caller's parameters in our words; nothing is believed yet."""

    def fault(self, told: Told, *, generations: Sequence[int], at: datetime) -> Outcome | None:
        """None when the sender is proved, else BAD_SIGNATURE or STALE."""

    def status(self, outcome: Outcome) -> int:
        """The HTTP status that makes the caller do the right thing: repeat, or leave it."""


def message_of(told: Told) -> bytes:
    """What is signed: moment, click, event and transaction, joined by dots."""
    return ".".join((told.sent_at, told.click_id, told.event, told.transaction)).encode()


def sign(told: Told, generation: int = keys.FIRST) -> str:
    """The right signature, lower-case hex."""
    return hmac.new(keys.secret_of(told.key, generation).encode(), message_of(told), hashlib.sha256).hexdigest()


_STATUSES = {
    Outcome.CONFIRMED: 200, Outcome.HELD: 200, Outcome.REPEATED: 200, Outcome.LATE_PAID: 410, Outcome.BAD_SIGNATURE: 401,
    Outcome.STALE: 401, Outcome.UNKNOWN_CLICK: 404, Outcome.REUSED_CLICK: 409, Outcome.UNKNOWN_EVENT: 422, Outcome.TOO_LATE: 410,
    Outcome.MALFORMED: 400, Outcome.NOTED: 200, Outcome.CANCELLED: 200, Outcome.WRONG_SENDER: 403, Outcome.TOO_MANY: 429,
}  # fmt: skip


class Hmac:
    """The advertiser's own server: HMAC-SHA256 over the moment and what it says. GET, form or JSON."""

    source = "HMAC"
    doubts: Mapping[str, int] = {}

    def read(self, parameters: Mapping[str, str], credential: str) -> Told:
        return Told(
            key=_word(parameters, "key"),
            click_id=_word(parameters, "click_id"),
            event=_word(parameters, "event"),
            transaction=_word(parameters, "transaction"),
            proof=_word(parameters, "signature"),
            sent_at=_word(parameters, "timestamp"),
            query=_kept(parameters),
        )

    def fault(self, told: Told, *, generations: Sequence[int], at: datetime) -> Outcome | None:
        if not _is_any(told.proof.lower(), [sign(told, generation) for generation in generations]):
            return Outcome.BAD_SIGNATURE
        return None if _is_fresh(told.sent_at, at=at) else Outcome.STALE

    def status(self, outcome: Outcome) -> int:
        return _STATUSES[outcome]


class Airbridge:
    """
    Airbridge: no signature, so the address itself is the secret. What cannot become right by sending it again is answered 200, else it
    would come again and again; what was too much for this minute may. Unreplaced macros are empty.

    Source: help.airbridge.io, postback settings of an ad channel: `unique` {eventData.isFirstPerDevice}, `sub_id`
    {attributionResult.attributedSubPublisher}, `match` {attributionResult.attributedMatchingType}, moments in milliseconds.
    """

    source = "AIRBRIDGE"
    doubts: Mapping[str, int] = {}

    def read(self, parameters: Mapping[str, str], credential: str) -> Told:
        key, _, token = credential.partition(".")
        return Told(
            key=key[:64],
            click_id=_word(parameters, "click_id"),
            event=_word(parameters, "event") or "install",
            transaction=_word(parameters, "tx") or _word(parameters, "event_ts"),
            proof=token[:64],
            query=_kept(parameters),
            took_seconds=_between(_word(parameters, "click_ts"), _word(parameters, "event_ts")),
            doubts=_doubts(parameters),
        )

    def fault(self, told: Told, *, generations: Sequence[int], at: datetime) -> Outcome | None:
        is_ours = _is_any(told.proof, [keys.token_of(told.key, generation) for generation in generations])
        return None if is_ours else Outcome.BAD_SIGNATURE

    def status(self, outcome: Outcome) -> int:
        return _AIRBRIDGE_STATUSES.get(outcome, 200)


_AIRBRIDGE_STATUSES = {Outcome.BAD_SIGNATURE: 404, Outcome.WRONG_SENDER: 404, Outcome.TOO_MANY: 429}


class Tag:
    """A script on the advertiser's last page: it proves nothing but the click, so what it tells costs trust."""

    source = "TAG"
    doubts: Mapping[str, int] = {"postback.unsigned": 30}

    def read(self, parameters: Mapping[str, str], credential: str) -> Told:
        return Told(
            key=_word(parameters, "key"),
            click_id=_word(parameters, "click_id"),
            event=_word(parameters, "event"),
            transaction=_word(parameters, "transaction"),
            query=_kept(parameters),
        )

    def fault(self, told: Told, *, generations: Sequence[int], at: datetime) -> Outcome | None:
        return None

    def status(self, outcome: Outcome) -> int:
        return _STATUSES[outcome]


NETWORKS: dict[str, Network] = {"hmac": Hmac(), "airbridge": Airbridge(), "tag": Tag()}


def _word(parameters: Mapping[str, str], name: str) -> str:
    """One parameter, without what a macro left behind."""
    text = str(parameters.get(name, "")).replace("\x00", "").strip()[:LONGEST]
    return "" if text.startswith("{") else text


def _kept(parameters: Mapping[str, str]) -> str:
    """What came, for the log: without proofs and numbers of devices."""
    shown = [f"{str(name)[:40]}={str(value)[:LONGEST]}" for name, value in parameters.items() if str(name).lower() not in _NEVER_KEPT]
    return "&".join(shown).replace("\x00", "")[:2_000]


def _is_any(proof: str, right: Sequence[str]) -> bool:
    """True when the proof is one of these; every one is compared, whatever came before."""
    return proof.isascii() and sum(hmac.compare_digest(proof, one) for one in right) > 0


def _doubts(parameters: Mapping[str, str]) -> dict[str, int]:
    """What Airbridge itself says against a conversion."""
    found = {}
    if _word(parameters, "unique").lower() in ("false", "0"):
        found["airbridge.not_first"] = 60
    if _word(parameters, "sub_id") not in ("", PUBLISHER):
        found["airbridge.other_publisher"] = 60
    if "fingerprint" in _word(parameters, "match").lower():
        found["airbridge.fingerprint"] = 20
    return found


def _between(click: str, event: str) -> int | None:
    """Whole seconds between two moments in milliseconds; None when one is missing or they are the wrong way round."""
    if not all(text.isascii() and text.isdigit() and len(text) == 13 for text in (click, event)):
        return None
    return (int(event) - int(click)) // 1_000 if int(event) >= int(click) else None


def _is_fresh(text: str, *, at: datetime) -> bool:
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        return False
    return abs(at - datetime.fromtimestamp(int(text), UTC)) <= NEWEST
