"""
The offerwall networks, as data: what their parameters are called, how they prove who they are, and what they want to hear. One engine
(`engine.py`) reads them all; a new network is one `Network` here and its settings.

Sources: IGAWorks reward server samples (Adpopcorn), tnkfactory android-sdk-rwd callback guide (TNK), Unity Offerwall self-managed currency
(Tapjoy), ayeT-Studios security hash (the form that our own contract for other networks follows).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from rewards.models import OfferwallCall

Outcome = OfferwallCall.Outcome
SORTED_QUERY = "sorted query"  # every parameter, sorted by name and encoded once


@dataclass(frozen=True, slots=True)
class Answer:
    """What a network hears."""

    status: int
    body: str = ""
    content_type: str = "text/plain"


@dataclass(frozen=True, slots=True)
class Proof:
    """
    How a call is signed. name: of the parameter, or of the header, that carries the signature in hex.

    message: with our names of the facts and `key` in braces, or SORTED_QUERY.   covers_tickets: the number of tickets is part of it.
    """

    name: str
    digest: Literal["md5", "hmac-md5", "hmac-sha256"]
    message: str
    covers_tickets: bool
    in_header: bool = False


@dataclass(frozen=True, slots=True)
class Network:
    """
    One network. names: ours → theirs, of member, transaction, tickets and campaign, and of `reverses` where it can take a reward back.

    answers: for every outcome; each makes the caller do the right thing, to repeat or to leave it.
    """

    code: str
    label: str
    methods: tuple[str, ...]
    names: Mapping[str, str]
    proof: Proof
    answers: Mapping[Outcome, Answer] = field(repr=False)


def _json(status: int, body: str) -> Answer:
    return Answer(status, body, "application/json")


def _adpopcorn(code: int, text: str) -> Answer:
    return _json(200, f'{{"Result":{"true" if code == 1 else "false"},"ResultCode":{code},"ResultMsg":"{text}"}}')


_ADPOPCORN_GRANTED = _adpopcorn(1, "success")
_ADPOPCORN_SEEN = _adpopcorn(3100, "duplicate transaction")
ADPOPCORN = Network(
    code="adpopcorn",
    label="애드팝콘",
    methods=("GET", "POST"),
    names={"member": "usn", "transaction": "reward_key", "tickets": "quantity", "campaign": "campaign_key"},
    proof=Proof("signed_value", "hmac-md5", "{member}{transaction}{tickets}{campaign}", covers_tickets=True),
    answers={
        Outcome.PAID: _ADPOPCORN_GRANTED,
        Outcome.HELD: _ADPOPCORN_GRANTED,
        Outcome.TAKEN_BACK: _ADPOPCORN_GRANTED,
        Outcome.REPEATED: _ADPOPCORN_SEEN,
        Outcome.CONFLICT: _ADPOPCORN_SEEN,
        Outcome.BAD_SIGNATURE: _adpopcorn(1100, "invalid hash key"),
        Outcome.UNKNOWN_MEMBER: _adpopcorn(3200, "invalid user"),
        Outcome.UNKNOWN_REWARD: _adpopcorn(4000, "unknown reward"),
        Outcome.WRONG_SENDER: _adpopcorn(4000, "address not allowed"),
        Outcome.MALFORMED: _adpopcorn(4000, "missing or wrong parameter"),
        Outcome.SWITCHED_OFF: _adpopcorn(4000, "closed for now"),
    },
)

# Only 200 ends it: everything else comes again for a day. So what will never become right is answered 200 as well.
TNK = Network(
    code="tnk",
    label="TNK",
    methods=("POST",),
    names={"member": "md_user_nm", "transaction": "seq_id", "tickets": "pay_pnt", "campaign": "app_id"},
    proof=Proof("md_chk", "md5", "{key}{member}{transaction}", covers_tickets=False),
    answers={
        Outcome.PAID: Answer(200, "OK"),
        Outcome.HELD: Answer(200, "OK"),
        Outcome.TAKEN_BACK: Answer(200, "OK"),
        Outcome.REPEATED: Answer(200, "OK"),
        Outcome.CONFLICT: Answer(200, "SEEN"),
        Outcome.UNKNOWN_MEMBER: Answer(200, "UNKNOWN USER"),
        Outcome.UNKNOWN_REWARD: Answer(200, "UNKNOWN REWARD"),
        Outcome.MALFORMED: Answer(400, "BAD PARAMETER"),
        Outcome.BAD_SIGNATURE: Answer(403, "BAD CHECKSUM"),
        Outcome.WRONG_SENDER: Answer(403, "ADDRESS NOT ALLOWED"),
        Outcome.SWITCHED_OFF: Answer(503, "CLOSED FOR NOW"),
    },
)

# 403 says never again, everything but 200 and 403 comes again for four days.
TAPJOY = Network(
    code="tapjoy",
    label="탭조이",
    methods=("GET",),
    names={"member": "snuid", "transaction": "id", "tickets": "currency"},
    proof=Proof("verifier", "md5", "{transaction}:{member}:{tickets}:{key}", covers_tickets=True),
    answers={
        Outcome.PAID: Answer(200, "OK"),
        Outcome.HELD: Answer(200, "OK"),
        Outcome.TAKEN_BACK: Answer(200, "OK"),
        Outcome.REPEATED: Answer(200, "OK"),
        Outcome.CONFLICT: Answer(403, "SEEN"),
        Outcome.UNKNOWN_MEMBER: Answer(403, "UNKNOWN USER"),
        Outcome.UNKNOWN_REWARD: Answer(403, "UNKNOWN REWARD"),
        Outcome.MALFORMED: Answer(403, "BAD PARAMETER"),
        Outcome.BAD_SIGNATURE: Answer(403, "BAD VERIFIER"),
        Outcome.WRONG_SENDER: Answer(403, "ADDRESS NOT ALLOWED"),
        Outcome.SWITCHED_OFF: Answer(503, "CLOSED FOR NOW"),
    },
)


def _result(status: int, outcome: Outcome) -> Answer:
    return _json(status, f'{{"result":"{outcome.value.lower()}"}}')


HMAC = Network(
    code="hmac",
    label="제휴 오퍼월",
    methods=("GET", "POST"),
    names={"member": "user_id", "transaction": "transaction_id", "tickets": "amount", "campaign": "offer_id", "reverses": "reverses"},
    proof=Proof("X-Signature", "hmac-sha256", SORTED_QUERY, covers_tickets=True, in_header=True),
    answers={
        outcome: _result(status, outcome)
        for outcome, status in {
            Outcome.PAID: 200, Outcome.HELD: 200, Outcome.TAKEN_BACK: 200, Outcome.REPEATED: 200, Outcome.CONFLICT: 409,
            Outcome.UNKNOWN_MEMBER: 404, Outcome.UNKNOWN_REWARD: 404, Outcome.MALFORMED: 400, Outcome.BAD_SIGNATURE: 401,
            Outcome.WRONG_SENDER: 403, Outcome.SWITCHED_OFF: 503,
        }.items()
    },
)  # fmt: skip

NETWORKS: dict[str, Network] = {network.code: network for network in (ADPOPCORN, TNK, TAPJOY, HMAC)}
