"""
What only several starts together show. The rules run beside the missions, every ten minutes, over what the starts wrote down; each is one
statement, and each doubt is written once. Thresholds and weights are dated. None of them refuses by itself: what waits is decided with
them, what was paid is put before people.

Carriers' shared addresses are left out, and a household behind one address stays below the thresholds.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from common import dated
from common.dated import Dated


@dataclass(frozen=True, slots=True)
class Rule:
    """
    code: kept as a FraudSignal.   label: Korean, for members and operators.   least, penalty: dated.   groups: which starts belong
    together, an SQL list of columns of Origin.   counted: what makes them many.   hours: over how long.
    """

    code: str
    label: str
    least: Dated[int]
    penalty: Dated[int]
    groups: str
    counted: str
    hours: int


def _rule(code: str, label: str, *, least: int, penalty: int, groups: str, counted: str, hours: int) -> Rule:
    name = code.replace(".", "_")
    return Rule(
        code,
        label,
        dated.define(f"campaigns.fraud_{name}_least", default=least, label=f"의심 규칙 ‘{label}’: 몇부터", least=2),
        dated.define(f"campaigns.fraud_{name}_penalty", default=penalty, label=f"의심 규칙 ‘{label}’: 감점", most=100, unit="점"),
        groups,
        counted,
        hours,
    )


MEMBERS = "count(DISTINCT member_id)"
BY_DEVICE, BY_ADDRESS, BY_NETWORK = (f"campaign_id, {column}" for column in ("agent", "address", "network"))
BY_MOMENT = "member_id, date_bin('10 minutes', at, '2026-01-01')"
RULES = (
    _rule("cluster.device", "한 기기에서 여러 회원이 참여했어요", least=3, penalty=60, groups=BY_DEVICE, counted=MEMBERS, hours=24),
    _rule("cluster.address", "한 주소에서 많은 회원이 참여했어요", least=6, penalty=40, groups=BY_ADDRESS, counted=MEMBERS, hours=24),
    _rule("cluster.network", "한 주소 대역에서 한꺼번에 참여했어요", least=60, penalty=20, groups=BY_NETWORK, counted=MEMBERS, hours=1),
    _rule(
        "velocity.member", "짧은 시간에 너무 많은 미션을 시작했어요", least=30, penalty=40, groups=BY_MOMENT, counted="count(*)", hours=1
    ),
)
LABELS = {rule.code: rule.label for rule in RULES}


def run(*, at: datetime) -> dict[str, int]:
    """Write down what each rule finds up to this moment; how many new doubts by rule."""
    return {rule.code: _apply(rule, at=at) for rule in RULES}


def _apply(rule: Rule, *, at: datetime) -> int:
    sql = f"""
        WITH lately AS (
            SELECT o.*, ({rule.groups}) AS together FROM campaigns_origin o
             WHERE o.at > %(at)s - make_interval(hours => %(hours)s) AND o.at <= %(at)s AND o.found <> 'CARRIER'
        ), many AS (SELECT together FROM lately GROUP BY together HAVING {rule.counted} >= %(least)s)
        INSERT INTO campaigns_fraudsignal (participation, campaign_id, member_id, attempt, code, penalty, at)
        SELECT o.participation, o.campaign_id, o.member_id, o.attempt, %(code)s, %(penalty)s, %(at)s
          FROM lately o JOIN many m ON m.together = o.together
            ON CONFLICT DO NOTHING
    """  # noqa: S608 (our own constants)
    facts: dict[str, Any] = {"at": at, "hours": rule.hours, "least": rule.least.at(at), "penalty": rule.penalty.at(at), "code": rule.code}
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(sql, facts)
        return int(cursor.rowcount)
