"""What must be true between campaigns, their budget, participations and the ledger. Each search is one query and finds nothing."""

from collections.abc import Iterable

from campaigns import types
from campaigns.types.flows import STAYS
from credits.proof import invariant, rows

_LIVE = "('SUBMITTED', 'CHANGES_ASKED', 'APPROVED', 'SCHEDULED', 'RUNNING', 'PAUSED')"


@invariant("I7", "완료한 참여마다 티켓이 한 번, 정한 만큼 지급됐어요.")
def finished_participations_were_paid_once() -> Iterable[object]:
    return rows("""
        WITH granted AS (
            SELECT e.id, e.idempotency_key, e.kind, a.member_id, p.amount
              FROM credits_entry e JOIN credits_posting p ON p.entry_id = e.id JOIN credits_account a ON a.id = p.account_id
             WHERE e.kind = 'TICKET_GRANT' AND starts_with(e.idempotency_key, 'participation:') AND a.kind = 'WALLET'
               AND position(':step:' IN e.idempotency_key) = 0
        )
        SELECT p.public_id AS participation, p.state, p.tickets, g.amount AS granted, p.member_id AS member, g.member_id AS granted_to
          FROM (SELECT q.* FROM campaigns_participation q
                 WHERE NOT EXISTS (SELECT 1 FROM campaigns_earnedstep s WHERE s.participation = q.public_id)) p
          FULL JOIN granted g ON g.idempotency_key = 'participation:' || p.public_id || ':grant'
         WHERE (p.state IN ('REWARDED', 'REVERSED')) IS DISTINCT FROM (g.id IS NOT NULL)
            OR (g.id IS NOT NULL AND (p.grant_entry_id, p.tickets::bigint, p.member_id) IS DISTINCT FROM (g.id, g.amount, g.member_id))
    """)


@invariant("I7", "하루 물량의 숫자는 그 칸의 참여를 센 것과 같아요.")
def slots_count_their_participations() -> Iterable[object]:
    return rows("""
        WITH counted AS (
            SELECT campaign_id, charged_on, slot,
                   COUNT(*) FILTER (WHERE state IN ('CONFIRMED', 'REWARDED', 'REVERSED')) AS confirmed,
                   COALESCE(SUM(price) FILTER (WHERE state IN ('CONFIRMED', 'REWARDED', 'REVERSED')), 0) AS credits,
                   COUNT(*) FILTER (WHERE state IN ('STARTED', 'SUBMITTED', 'CHECKING', 'QUARANTINED')) AS running,
                   COALESCE(SUM(e.credits) FILTER (WHERE state IN ('STARTED', 'CHECKING')), 0) AS part,
                   COALESCE(SUM(e.tickets), 0) AS tickets
              FROM campaigns_participation p
              LEFT JOIN (SELECT participation, SUM(credits) AS credits, SUM(tickets) AS tickets FROM campaigns_earnedstep GROUP BY 1) e
                ON e.participation = p.public_id
             GROUP BY campaign_id, charged_on, slot
        )
        SELECT COALESCE(s.campaign_id, c.campaign_id) AS campaign, COALESCE(s.day_on, c.charged_on) AS on, COALESCE(s.slot, c.slot) AS slot,
               s.confirmed, c.confirmed AS counted, s.confirmed_credits, c.credits + c.part AS credits, s.part_credits, c.part,
               s.taken - s.returned - s.confirmed AS running,
               c.running AS counted_running
          FROM campaigns_budgetslot s
          FULL JOIN counted c ON (c.campaign_id, c.charged_on, c.slot) = (s.campaign_id, s.day_on, s.slot::int)
         WHERE (COALESCE(s.confirmed, 0), COALESCE(s.confirmed_credits, 0), COALESCE(s.taken - s.returned - s.confirmed, 0),
                COALESCE(s.part_credits, 0), COALESCE(s.step_tickets, 0))
               IS DISTINCT FROM (COALESCE(c.confirmed, 0), COALESCE(c.credits + c.part, 0), COALESCE(c.running, 0),
                COALESCE(c.part, 0), COALESCE(c.tickets, 0))
    """)


@invariant("I7", "답·사진·포스트백으로 마친 참여마다 통과한 증거가 하나 있고, 늦은 포스트백의 보상은 기록과 같아요.")
def what_was_sent_in_was_looked_at() -> Iterable[object]:
    stepwise = _keys_of_steps()
    stays = ", ".join(f"'{declared.key}'" for declared in types.all_types() if declared.flow in STAYS)
    yield from rows(f"""
        SELECT COALESCE(p.public_id, e.participation) AS participation, p.type, p.state, e.verdict
          FROM campaigns_participation p
          FULL JOIN (SELECT * FROM campaigns_evidence WHERE verdict NOT IN ('FAILED', 'REFUSED')) e ON e.participation = p.public_id
         WHERE (p.type IS NULL OR p.type NOT IN ({stepwise})) AND (
               (p.state = 'REWARDED' AND p.type NOT IN ({stays}) AND COALESCE(e.verdict, '') NOT IN ('PASSED', 'APPROVED'))
            OR (p.state = 'QUARANTINED' AND e.verdict IS DISTINCT FROM 'PASSED')
            OR ((p.state = 'CHECKING') IS DISTINCT FROM (COALESCE(e.verdict, '') = 'WAITING')))
    """)  # noqa: S608 (keys of our own types)
    yield from rows("""
        SELECT COALESCE(l.participation::text, e.idempotency_key) AS participation, l.id AS log, e.id AS entry
          FROM (SELECT * FROM campaigns_postbacklog WHERE outcome = 'LATE_PAID') l
          FULL JOIN (SELECT * FROM credits_entry WHERE kind = 'TICKET_GRANT' AND starts_with(idempotency_key, 'late:')) e
            ON e.idempotency_key = 'late:' || l.participation || ':grant'
         WHERE l.id IS NULL OR e.id IS NULL
    """)


@invariant("I7", "럭플이 보상한 티켓은 확인 요청마다 한 번, 정한 만큼 나갔어요.")
def goodwill_was_paid_once() -> Iterable[object]:
    return rows("""
        WITH granted AS (
            SELECT e.id, e.idempotency_key, a.member_id, p.amount
              FROM credits_entry e JOIN credits_posting p ON p.entry_id = e.id JOIN credits_account a ON a.id = p.account_id
             WHERE e.kind = 'TICKET_GRANT' AND starts_with(e.idempotency_key, 'goodwill:') AND a.kind = 'WALLET'
        )
        SELECT COALESCE(c.participation::text, g.idempotency_key) AS participation, c.tickets, g.amount AS granted
          FROM (SELECT * FROM campaigns_rewardclaim WHERE decision = 'GOODWILL') c
          FULL JOIN granted g ON g.idempotency_key = 'goodwill:' || c.participation || ':grant'
         WHERE (c.entry_id, c.tickets::bigint, c.member_id) IS DISTINCT FROM (g.id, g.amount, g.member_id)
    """)


@invariant("I7", "래플 미션을 마친 참여마다 그 래플의 응모가 하나 있고, 미션으로 얻은 응모마다 참여가 있어요.")
def missions_brought_their_entries() -> Iterable[object]:
    return rows("""
        WITH earned AS (
            SELECT p.public_id, p.member_id, c.raffle_id,
                   EXISTS (SELECT 1 FROM campaigns_invalidation i WHERE i.participation = p.public_id AND i.is_fraud) AS may_be_gone
              FROM campaigns_participation p JOIN campaigns_campaign c ON c.id = p.campaign_id
             WHERE c.raffle_id IS NOT NULL AND p.state IN ('REWARDED', 'REVERSED')
        ), entries AS (SELECT * FROM rewards_raffleentry WHERE starts_with(key, 'participation:'))
        SELECT COALESCE(p.public_id::text, '') AS participation, n.public_id AS entry, p.raffle_id AS raffle, n.raffle_id AS entered
          FROM earned p FULL JOIN entries n ON n.key = 'participation:' || p.public_id
         WHERE (n.member_id, n.raffle_id, n.chances) IS DISTINCT FROM (p.member_id, p.raffle_id, 1)
           AND NOT (n.key IS NULL AND p.may_be_gone)
    """)


@invariant("I7", "단계마다 통과한 증거가 하나 있고, 티켓이 한 번 지급됐고, 한 참여의 단계를 더해도 잡아 둔 단가를 넘지 않아요.")
def steps_were_earned_once() -> Iterable[object]:
    yield from rows("""
        WITH granted AS (
            SELECT e.id, e.idempotency_key, a.member_id, p.amount
              FROM credits_entry e JOIN credits_posting p ON p.entry_id = e.id JOIN credits_account a ON a.id = p.account_id
             WHERE e.kind = 'TICKET_GRANT' AND starts_with(e.idempotency_key, 'participation:') AND a.kind = 'WALLET'
               AND position(':step:' IN e.idempotency_key) > 0
        )
        SELECT s.participation, s.step, s.tickets, g.amount AS granted, v.verdict
          FROM campaigns_earnedstep s
          FULL JOIN granted g ON g.idempotency_key = 'participation:' || s.participation || ':step:' || s.step || ':grant'
          LEFT JOIN campaigns_evidence v ON v.participation = s.participation AND v.step = s.step AND v.verdict NOT IN ('FAILED', 'REFUSED')
         WHERE (s.grant_entry_id, s.tickets::bigint, s.member_id) IS DISTINCT FROM (g.id, g.amount, g.member_id)
            OR COALESCE(v.verdict, '') NOT IN ('PASSED', 'APPROVED')
    """)
    yield from rows(f"""
        WITH earned AS (
            SELECT participation, SUM(credits) AS credits, SUM(tickets) AS tickets FROM campaigns_earnedstep GROUP BY 1
        ), waiting AS (SELECT DISTINCT participation FROM campaigns_evidence WHERE verdict = 'WAITING' AND step > 0)
        SELECT COALESCE(p.public_id, e.participation) AS participation, p.state, p.price, e.credits, p.tickets, e.tickets AS given
          FROM (SELECT * FROM campaigns_participation WHERE type IN ({_keys_of_steps()})) p
          FULL JOIN earned e ON e.participation = p.public_id
          LEFT JOIN waiting w ON w.participation = p.public_id
         WHERE p.public_id IS NULL
            OR (p.state IN ('REWARDED', 'REVERSED') AND (p.price, p.tickets::bigint) IS DISTINCT FROM (e.credits, e.tickets))
            OR (p.state IN ('STARTED', 'CHECKING') AND COALESCE(e.credits, 0) > p.price)
            OR (p.state IN ('REFUSED', 'EXPIRED') AND e.credits IS NOT NULL)
            OR (p.state = 'CHECKING') IS DISTINCT FROM (w.participation IS NOT NULL)
    """)  # noqa: S608 (keys of our own types)


def _keys_of_steps() -> str:
    return ", ".join(f"'{declared.key}'" for declared in types.all_types() if declared.parts is not None)


@invariant("I7", "무효로 한 참여마다 그 단가가 정정 전표로 한 번 돌아갔어요.")
def invalid_participations_were_paid_back() -> Iterable[object]:
    yield from rows("""
        SELECT COALESCE(p.public_id, i.participation) AS participation, p.state, p.price, i.price AS returned
          FROM (SELECT * FROM campaigns_participation WHERE state = 'REVERSED') p
          FULL JOIN campaigns_invalidation i ON i.participation = p.public_id
         WHERE p.public_id IS NULL OR i.id IS NULL
            OR (p.price, p.member_id, p.campaign_id) IS DISTINCT FROM (i.price, i.member_id, i.campaign_id)
    """)
    yield from rows("""
        SELECT i.entry_id AS entry, i.price, p.amount AS returned
          FROM (SELECT entry_id, SUM(price) AS price FROM campaigns_invalidation GROUP BY entry_id) i
          LEFT JOIN (SELECT p.entry_id, -SUM(p.amount) AS amount FROM credits_posting p JOIN credits_account a ON a.id = p.account_id
                      WHERE a.kind IN ('REVENUE', 'REWARD_COST') GROUP BY p.entry_id) p ON p.entry_id = i.entry_id
         WHERE p.amount IS DISTINCT FROM i.price
    """)


@invariant("I7", "차감한 크레딧은 확정된 참여의 단가를 더한 것보다 많지 않고, 예약에서 나간 것과 같아요.")
def captures_equal_consumption() -> Iterable[object]:
    return rows("""
        SELECT c.id AS campaign, c.captured_credits, c.captured_units, s.confirmed, s.credits, h.captured AS hold_captured
          FROM campaigns_campaign c JOIN credits_hold h ON h.id = c.hold_id
         CROSS JOIN LATERAL (SELECT COALESCE(SUM(t.confirmed), 0) AS confirmed, COALESCE(SUM(t.confirmed_credits), 0) AS credits
                               FROM campaigns_budgetslot t WHERE t.campaign_id = c.id) s
         WHERE c.captured_credits <> h.captured OR c.captured_credits > s.credits OR c.captured_units > s.confirmed
            OR (c.state = 'SETTLED' AND c.captured_credits <> s.credits)
    """)


@invariant("I7", "캠페인에서 차감한 크레딧은 지급한 티켓의 정한 값과 서비스 이용료로 나뉘어 있어요.")
def captures_name_both_parts() -> Iterable[object]:
    return rows("""
        SELECT c.id AS campaign, c.captured_credits, c.captured_tickets, c.ticket_cost, p.reward, p.fee
          FROM campaigns_campaign c
         CROSS JOIN LATERAL (SELECT COALESCE(SUM(q.amount) FILTER (WHERE a.kind = 'REWARD_COST'), 0) AS reward,
                                    COALESCE(SUM(q.amount) FILTER (WHERE a.kind = 'REVENUE'), 0) AS fee
                               FROM credits_entry e JOIN credits_posting q ON q.entry_id = e.id
                               JOIN credits_account a ON a.id = q.account_id
                              WHERE e.hold_id = c.hold_id AND e.kind = 'CAPTURE'
                                AND starts_with(e.idempotency_key, 'campaign:' || c.public_id || ':capture:')) p
         WHERE p.reward <> c.captured_tickets * c.ticket_cost OR p.reward + p.fee <> c.captured_credits
    """)


@invariant("I8", "끝난 캠페인에 남은 예약이 없고, 끝나지 않은 캠페인의 예약은 예산과 같아요.")
def holds_follow_the_state() -> Iterable[object]:
    return rows(f"""
        SELECT c.id AS campaign, c.state, c.budget_credits, h.placed, h.captured, h.released
          FROM campaigns_campaign c JOIN credits_hold h ON h.id = c.hold_id
         WHERE (c.state IN ('SETTLED', 'WITHDRAWN', 'REJECTED') AND h.placed <> h.captured + h.released)
            OR (c.state IN {_LIVE} AND h.placed - h.released <> c.budget_credits)
            OR h.advertiser_id <> c.advertiser_id
    """)  # noqa: S608 (our own constant)


@invariant("I8", "남은 예약은 시작한 참여와 아직 차감하지 않은 완료를 모두 감당해요.")
def holds_cover_what_may_still_be_earned() -> Iterable[object]:
    return rows("""
        SELECT c.id AS campaign, h.placed - h.captured - h.released AS open, s.credits - c.captured_credits AS due, s.running
          FROM campaigns_campaign c JOIN credits_hold h ON h.id = c.hold_id
         CROSS JOIN LATERAL (SELECT COALESCE(SUM(t.confirmed_credits), 0) AS credits,
                                    COALESCE(SUM(t.taken - t.returned - t.confirmed), 0) AS running,
                                    COALESCE(SUM(t.part_credits), 0) AS part
                               FROM campaigns_budgetslot t WHERE t.campaign_id = c.id) s
         WHERE h.placed - h.captured - h.released < s.credits - c.captured_credits + s.running * c.unit_price - s.part
    """)


@invariant("I9", "캠페인은 총예산과 하루 예산을 넘지 않아요.")
def budgets_were_never_exceeded() -> Iterable[object]:
    yield from rows("""
        SELECT c.id AS campaign, c.budget_credits AS budget, SUM(s.allowance) AS units, SUM(s.confirmed_credits) AS spent
          FROM campaigns_campaign c JOIN campaigns_budgetslot s ON s.campaign_id = c.id
         GROUP BY c.id
        HAVING SUM(s.allowance) > (c.budget_credits
                                   + GREATEST(0, SUM(s.confirmed) * c.unit_price - SUM(s.confirmed_credits - s.part_credits)))
                                 / c.unit_price
            OR SUM(s.confirmed_credits) > c.budget_credits
    """)
    yield from rows("""
        WITH days AS (
            SELECT c.id AS campaign, c.unit_price, s.day_on AS on, SUM(s.allowance) AS units, SUM(s.confirmed_credits) AS spent,
                   COALESCE((SELECT (e.data ->> 'before')::bigint FROM campaigns_campaignevent e
                              WHERE e.campaign_id = c.id AND e.kind = 'CAPPED' AND (e.data ->> 'from')::date > s.day_on
                              ORDER BY e.id LIMIT 1), c.daily_cap_credits) AS cap
              FROM campaigns_campaign c JOIN campaigns_budgetslot s ON s.campaign_id = c.id
             GROUP BY c.id, s.day_on
        )
        SELECT campaign, "on", cap, units, spent FROM days WHERE units > cap / unit_price OR spent > cap
    """)


@invariant("I9", "어느 칸도 배정보다 많이 나가지 않았고, 한 사람은 한 기간에 한 번이에요.")
def nobody_took_part_twice() -> Iterable[object]:
    yield from rows("""
        SELECT campaign_id AS campaign, day_on AS on, slot, allowance, taken, returned, confirmed FROM campaigns_budgetslot
         WHERE allowance < taken - returned OR LEAST(allowance, taken, returned, confirmed, confirmed_credits) < 0
    """)
    yield from rows("""
        SELECT campaign_id AS campaign, person_key AS person, period_on AS on, COUNT(*) AS times FROM campaigns_participation
         GROUP BY campaign_id, person_key, period_on HAVING COUNT(*) > 1
    """)


@invariant("I16", "캠페인의 이력은 정한 길만 따랐고, 마지막이 지금 상태예요.")
def states_followed_the_table() -> Iterable[object]:
    return rows("""
        SELECT c.id AS campaign, c.state, last.to_state AS last_in_history
          FROM campaigns_campaign c
          LEFT JOIN LATERAL (SELECT e.to_state FROM campaigns_campaignevent e WHERE e.campaign_id = c.id AND e.kind = 'MOVED'
                              ORDER BY e.id DESC LIMIT 1) last ON TRUE
         WHERE last.to_state IS DISTINCT FROM c.state
    """)


@invariant("I18", "참여는 모두 제 달의 칸에 있어요.")
def the_default_partition_is_empty() -> Iterable[object]:
    return rows("SELECT public_id AS participation, period_on AS on FROM campaigns_participation_default")
