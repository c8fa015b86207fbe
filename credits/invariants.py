"""What must be true of the ledger itself. Numbers as in the oracle of the design; each search is one query where it can be."""

from collections.abc import Iterable
from datetime import timedelta

from django.apps import apps
from django.db import connection
from django.utils import timezone

from common import guards
from common.models import Effect
from credits import digests, proof
from credits.proof import invariant, rows

OVERDUE = timedelta(hours=1)


@invariant("I1", "모든 전표는 기표가 있고, 단위마다 합이 0이에요.", stops_money=True)
def entries_sum_to_zero() -> Iterable[object]:
    return rows("""
        SELECT p.entry_id AS entry, a.unit, SUM(p.amount) AS sum FROM credits_posting p JOIN credits_account a ON a.id = p.account_id
         GROUP BY p.entry_id, a.unit HAVING SUM(p.amount) <> 0
         UNION ALL
        SELECT e.id, 'NONE', 0 FROM credits_entry e WHERE NOT EXISTS (SELECT 1 FROM credits_posting p WHERE p.entry_id = e.id)
    """)


@invariant("I2", "모든 계정을 더하면 단위마다 0이에요.", stops_money=True)
def accounts_sum_to_zero() -> Iterable[object]:
    return rows("""
        SELECT unit, SUM(sum) AS sum FROM (
            SELECT a.unit, SUM(a.balance) AS sum FROM credits_account a WHERE a.balance IS NOT NULL GROUP BY a.unit
             UNION ALL
            SELECT a.unit, SUM(p.amount) FROM credits_posting p JOIN credits_account a ON a.id = p.account_id
             WHERE a.balance IS NULL GROUP BY a.unit
        ) parts GROUP BY unit HAVING SUM(sum) <> 0
    """)


@invariant("I3", "계정의 잔액은 기표의 합과 같아요.", stops_money=True)
def balances_equal_postings() -> Iterable[object]:
    return rows("""
        SELECT a.id AS account, a.kind, a.balance, COALESCE(p.sum, 0) AS postings
          FROM credits_account a
          LEFT JOIN (SELECT account_id, SUM(amount) AS sum FROM credits_posting GROUP BY account_id) p ON p.account_id = a.id
         WHERE a.balance IS NOT NULL AND a.balance <> COALESCE(p.sum, 0)
    """)


@invariant("I4", "어느 시점에도 잔액이 0보다 작지 않고, 기표마다 적힌 잔액이 맞아요.", stops_money=True)
def balances_were_never_below_zero() -> Iterable[object]:
    return rows("""
        SELECT id AS posting, account_id AS account, balance_after, running FROM (
            SELECT p.id, p.account_id, p.balance_after, SUM(p.amount) OVER (PARTITION BY p.account_id ORDER BY p.id) AS running
              FROM credits_posting p JOIN credits_account a ON a.id = p.account_id WHERE a.balance IS NOT NULL
        ) history WHERE running < 0 OR balance_after IS DISTINCT FROM running
    """)


@invariant("I6", "주문 하나는 한 번만 충전돼요.", stops_money=True)
def orders_are_topped_up_once() -> Iterable[object]:
    return rows("""
        SELECT order_id AS "order", COUNT(*) AS top_ups FROM credits_entry WHERE kind = 'TOP_UP' GROUP BY order_id HAVING COUNT(*) <> 1
         UNION ALL
        SELECT l.order_id, 0 FROM credits_lot l WHERE l.kind = 'PAID'
           AND NOT EXISTS (SELECT 1 FROM credits_entry e WHERE e.kind = 'TOP_UP' AND e.order_id = l.order_id)
    """)


@invariant("I8", "예약은 충전분별 몫, 전표, 묶인 크레딧과 같아요.", stops_money=True)
def holds_equal_what_is_held() -> Iterable[object]:
    yield from rows("""
        SELECT h.id AS hold, h.placed, h.captured, h.released, p.placed AS parts_placed, p.captured AS parts_captured,
               p.released AS parts_released, e.placed AS entries_placed, e.captured AS entries_captured, e.released AS entries_released
          FROM credits_hold h
          LEFT JOIN (SELECT hold_id, SUM(placed) AS placed, SUM(captured) AS captured, SUM(released) AS released
                       FROM credits_holdpart GROUP BY hold_id) p ON p.hold_id = h.id
          LEFT JOIN (SELECT e.hold_id, SUM(p.amount) FILTER (WHERE e.kind IN ('HOLD', 'RAISE')) AS placed,
                            -SUM(p.amount) FILTER (WHERE e.kind IN ('CAPTURE', 'REVERSAL')) AS captured,
                            -SUM(p.amount) FILTER (WHERE e.kind = 'RELEASE') AS released
                       FROM credits_entry e JOIN credits_posting p ON p.entry_id = e.id JOIN credits_account a ON a.id = p.account_id
                      WHERE a.kind = 'HELD' AND e.hold_id IS NOT NULL GROUP BY e.hold_id) e ON e.hold_id = h.id
         WHERE (h.placed, h.captured, h.released) IS DISTINCT FROM (COALESCE(p.placed, 0), COALESCE(p.captured, 0), COALESCE(p.released, 0))
            OR (h.placed, h.captured, h.released) IS DISTINCT FROM (COALESCE(e.placed, 0), COALESCE(e.captured, 0), COALESCE(e.released, 0))
    """)
    yield from rows("""
        SELECT l.id AS lot, l.held, COALESCE(p.open, 0) AS open_parts
          FROM credits_lot l
          LEFT JOIN (SELECT lot_id, SUM(placed - captured - released) AS open FROM credits_holdpart GROUP BY lot_id) p ON p.lot_id = l.id
         WHERE l.held <> COALESCE(p.open, 0)
    """)


@invariant("I10", "충전분은 기표와 같고, 더하면 계정의 잔액이에요.", stops_money=True)
def lots_equal_postings_and_balances() -> Iterable[object]:
    yield from rows("""
        SELECT l.id AS lot, l.granted, l.available, l.held, l.frozen, l.used, l.returned, l.expired
          FROM credits_lot l
          LEFT JOIN (
            SELECT p.lot_id,
                   SUM(p.amount) FILTER (WHERE a.kind = 'AVAILABLE') AS available,
                   SUM(p.amount) FILTER (WHERE a.kind = 'HELD') AS held,
                   SUM(p.amount) FILTER (WHERE a.kind = 'FROZEN') AS frozen,
                   SUM(p.amount) FILTER (WHERE a.kind IN ('REVENUE', 'REWARD_COST') OR a.kind = 'PROMOTION' AND l.kind = 'PAID') AS used,
                   SUM(p.amount) FILTER (WHERE a.kind = 'BREAKAGE') AS expired,
                   SUM(p.amount) FILTER (WHERE starts_with(a.kind, 'FUNDING:') OR a.kind IN ('GOODWILL', 'ADJUSTMENT', 'RECEIVABLE', 'DEMO')
                                            OR a.kind = 'PROMOTION' AND l.kind <> 'PAID') AS returned_less_granted
              FROM credits_posting p JOIN credits_account a ON a.id = p.account_id JOIN credits_lot l ON l.id = p.lot_id
             GROUP BY p.lot_id
          ) s ON s.lot_id = l.id
         WHERE (l.available, l.held, l.frozen, l.used, l.expired, l.returned - l.granted) IS DISTINCT FROM (
                COALESCE(s.available, 0), COALESCE(s.held, 0), COALESCE(s.frozen, 0), COALESCE(s.used, 0), COALESCE(s.expired, 0),
                COALESCE(s.returned_less_granted, 0))
            OR l.granted <> l.available + l.held + l.frozen + l.used + l.returned + l.expired
            OR LEAST(l.available, l.held, l.frozen, l.used, l.returned, l.expired) < 0
    """)
    yield from rows("""
        SELECT a.advertiser_id AS advertiser, a.kind, a.balance, COALESCE(l.sum, 0) AS lots
          FROM credits_account a
          LEFT JOIN (SELECT advertiser_id, SUM(available) AS available, SUM(held) AS held, SUM(frozen) AS frozen
                       FROM credits_lot GROUP BY advertiser_id) s ON s.advertiser_id = a.advertiser_id
         CROSS JOIN LATERAL (
            SELECT CASE a.kind WHEN 'AVAILABLE' THEN s.available WHEN 'HELD' THEN s.held ELSE s.frozen END AS sum
          ) l
         WHERE a.advertiser_id IS NOT NULL AND a.balance <> COALESCE(l.sum, 0)
    """)


@invariant("I10", "이의가 들어온 충전분에는 쓸 수 있는 크레딧이 없어요.", stops_money=True)
def disputed_lots_have_nothing_free() -> Iterable[object]:
    return rows("SELECT id AS lot, available FROM credits_lot WHERE disputed_at IS NOT NULL AND available > 0")


@invariant("I10", "받을 금액은 빚진 만큼까지만 처리했어요.", stops_money=True)
def claims_are_not_settled_twice() -> Iterable[object]:
    return rows("""
        SELECT e.advertiser_id AS advertiser, SUM(p.amount) AS settled_too_much
          FROM credits_posting p JOIN credits_account a ON a.id = p.account_id JOIN credits_entry e ON e.id = p.entry_id
         WHERE a.kind = 'RECEIVABLE' GROUP BY e.advertiser_id HAVING SUM(p.amount) > 0
    """)


@invariant("I11", "발행한 티켓은 회원이 가진 티켓과 쓴 티켓의 합이에요.", stops_money=True)
def tickets_issued_equal_held_and_spent() -> Iterable[object]:
    return rows("""
        SELECT issued, held, spent FROM (
            SELECT COALESCE((SELECT -SUM(p.amount) FROM credits_posting p JOIN credits_account a ON a.id = p.account_id
                              WHERE a.unit = 'TICKET' AND a.kind = 'ISSUED'), 0) AS issued,
                   COALESCE((SELECT SUM(a.balance) FROM credits_account a WHERE a.member_id IS NOT NULL), 0) AS held,
                   COALESCE((SELECT SUM(p.amount) FROM credits_posting p JOIN credits_account a ON a.id = p.account_id
                              WHERE a.unit = 'TICKET' AND a.balance IS NULL AND a.kind <> 'ISSUED'), 0) AS spent
        ) tickets WHERE issued <> held + spent
    """)


@invariant("I10", "전표, 계정, 충전분, 예약의 주인이 같아요.", stops_money=True)
def owners_agree() -> Iterable[object]:
    return rows("""
        SELECT p.id AS posting, e.advertiser_id AS entry_owner, a.advertiser_id AS account_owner, l.advertiser_id AS lot_owner,
               h.advertiser_id AS hold_owner
          FROM credits_posting p
          JOIN credits_entry e ON e.id = p.entry_id JOIN credits_account a ON a.id = p.account_id
          LEFT JOIN credits_lot l ON l.id = p.lot_id LEFT JOIN credits_hold h ON h.id = e.hold_id
         WHERE (a.advertiser_id IS NOT NULL AND (e.advertiser_id IS DISTINCT FROM a.advertiser_id OR l.id IS NULL))
            OR (l.id IS NOT NULL AND l.advertiser_id IS DISTINCT FROM e.advertiser_id)
            OR (h.id IS NOT NULL AND h.advertiser_id IS DISTINCT FROM e.advertiser_id)
            OR (a.balance IS NULL) <> (p.balance_after IS NULL)
    """)


@invariant("I22", "데모 계정의 크레딧은 데모에서만 오가요: 결제도 매출도 닿지 않아요.", stops_money=True)
def play_money_stays_in_the_demo() -> Iterable[object]:
    return rows("""
        SELECT p.id AS posting, e.kind AS entry, a.kind AS account, COALESCE(o.is_demo, false) AS is_demo
          FROM credits_posting p
          JOIN credits_entry e ON e.id = p.entry_id JOIN credits_account a ON a.id = p.account_id
          LEFT JOIN advertisers_advertiser o ON o.id = e.advertiser_id
         WHERE (a.kind = 'DEMO' AND o.is_demo IS NOT TRUE) OR (o.is_demo AND a.advertiser_id IS NULL AND a.kind <> 'DEMO')
    """)


@invariant("I13", "바깥에 할 일이 한 시간 넘게 밀리지 않았어요.", when_settled=True)
def work_goes_out_in_time() -> Iterable[object]:
    """Parked work waits for a person and is on the work list; anything else is taken up within seconds of its moment."""
    overdue = Effect.objects.due(timezone.now() - OVERDUE).order_by("pk")
    return [f"effect={row.pk} kind={row.kind} state={row.state} due_at={row.due_at.isoformat()}" for row in overdue[: proof.SHOWN]]


@invariant("I15", "마감한 날의 해시가 그대로이고, 앞날과 이어져요.", stops_money=True)
def closed_days_are_unchanged() -> Iterable[object]:
    yield from digests.broken_days()
    yield from digests.broken_runs()


@invariant("I17", "사람이 한 조정, 보상, 정정에는 누가 왜 했는지 적혀 있어요.")
def decisions_name_their_person() -> Iterable[object]:
    return rows("""
        SELECT id AS entry, kind, actor, reason FROM credits_entry
         WHERE kind IN ('ADJUST', 'REVERSAL', 'GOODWILL') AND (actor = '' OR reason = '')
    """)


@invariant("I18", "적은 날은 적은 때의 서울 날짜예요.")
def days_are_days_in_seoul() -> Iterable[object]:
    return rows("""
        SELECT id AS entry, booked_at, booked_on FROM credits_entry WHERE booked_on <> (booked_at AT TIME ZONE 'Asia/Seoul')::date
    """)


@invariant("I18", "금액 칸은 모두 정수이고, 시각 칸은 모두 시간대를 알아요.")
def columns_hold_whole_won_and_aware_moments() -> Iterable[object]:
    tables = [model._meta.db_table for model in apps.get_models() if model._meta.managed]
    return rows(
        """
        SELECT c.relname AS "table", a.attname AS "column", format_type(a.atttypid, a.atttypmod) AS type
          FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
         WHERE c.relname = ANY(%s) AND a.attnum > 0 AND NOT a.attisdropped
           AND (a.atttypid = 'timestamp'::regtype OR a.atttypid IN ('real'::regtype, 'double precision'::regtype, 'money'::regtype)
                OR (a.attname ~ '(_krw|credits|amount|balance)$' AND a.atttypid NOT IN ('bigint'::regtype, 'integer'::regtype)))
        """,
        [tables],
    )


@invariant("I19", "데이터베이스의 보호 장치가 모두 켜져 있어요.", stops_money=True)
def guards_are_on() -> Iterable[object]:
    """Every trigger of ours is there, unchanged and enabled, and every constraint of the ledger's tables exists."""
    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT t.tgname, obj_description(t.oid, 'pg_trigger'), t.tgenabled, p.prosrc
              FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid WHERE NOT t.tgisinternal
        """)
        triggers = {name: (comment, enabled, source.split()) for name, comment, enabled, source in cursor.fetchall()}
        cursor.execute("SELECT conname FROM pg_constraint WHERE convalidated UNION SELECT relname FROM pg_class WHERE relkind = 'i'")
        constraints = {name for (name,) in cursor.fetchall()}
    for model, guard in guards.guards():
        compiled = guard.compile(model)  # type: ignore[arg-type]
        comment, enabled, source = triggers.get(compiled.sql.pgid, (None, None, None))
        body = str(compiled.install_sql).split("$$")[1].split()
        if comment != compiled.hash or enabled not in ("O", "A") or source != body:
            yield f"trigger={compiled.sql.pgid} of {model._meta.db_table} is missing, changed or off"
    for model in apps.get_app_config("credits").get_models():
        for constraint in model._meta.constraints:
            if constraint.name not in constraints:
                yield f"constraint={constraint.name} of {model._meta.db_table} is missing"
