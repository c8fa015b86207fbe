"""What must be true between raffles and the ledger. Each search is one query and finds nothing."""

from collections.abc import Iterable

from credits.proof import invariant, rows


@invariant("I11", "래플에 쓴 티켓은 응모마다 한 번, 정한 만큼 나갔고, 무효가 된 래플의 티켓만 한 번 돌아왔어요.")
def raffle_entries_were_paid_once() -> Iterable[object]:
    return rows("""
        WITH moved AS (
            SELECT e.id, e.kind, e.idempotency_key, a.member_id, p.amount
              FROM credits_entry e JOIN credits_posting p ON p.entry_id = e.id JOIN credits_account a ON a.id = p.account_id
             WHERE a.kind = 'WALLET'
               AND (starts_with(e.idempotency_key, 'raffle-entry:') OR starts_with(e.idempotency_key, 'raffle-return:'))
        ), spent AS (SELECT * FROM moved WHERE kind = 'TICKET_SPEND'), returned AS (SELECT * FROM moved WHERE kind = 'TICKET_GRANT')
        SELECT n.public_id AS entry, n.tickets, s.amount AS spent, g.amount AS returned, f.state AS raffle
          FROM rewards_raffleentry n
          JOIN rewards_raffle f ON f.id = n.raffle_id
          FULL JOIN spent s ON s.id = n.spend_id
          FULL JOIN returned g ON g.idempotency_key = 'raffle-return:' || n.public_id
         WHERE (n.tickets IS DISTINCT FROM 0 AND (n.tickets::bigint, n.member_id) IS DISTINCT FROM (-s.amount, s.member_id))
            OR (n.tickets = 0 AND s.id IS NOT NULL)
            OR (g.id IS NOT NULL AND (n.tickets::bigint, n.member_id, f.state) IS DISTINCT FROM (g.amount, g.member_id, 'VOID'))
            OR (n.returned_at IS NOT NULL) IS DISTINCT FROM (g.id IS NOT NULL)
    """)


@invariant("I8", "후원 래플의 예약은 아직 전하지 않은 경품 값과 같고, 전한 만큼만 나갔어요.")
def sponsors_hold_what_their_prizes_are_worth() -> Iterable[object]:
    return rows("""
        WITH priced AS (
            SELECT f.id AS raffle_id, (p.value ->> 'value_krw')::bigint AS worth, (p.value ->> 'quantity')::bigint AS quantity,
                   SUM((p.value ->> 'quantity')::bigint) OVER (PARTITION BY f.id ORDER BY p.ordinality) AS upto
              FROM rewards_raffle f CROSS JOIN LATERAL jsonb_array_elements(f.prizes) WITH ORDINALITY p
             WHERE f.sponsor_id IS NOT NULL
        ), promised AS (SELECT raffle_id, SUM(worth * quantity) AS worth FROM priced GROUP BY raffle_id
        ), ranks AS (
            SELECT raffle_id, prize_rank, bool_or(state = 'DELIVERED') AS is_given
              FROM rewards_rafflewinner WHERE prize_rank IS NOT NULL GROUP BY raffle_id, prize_rank
        ), won AS (
            SELECT r.raffle_id, SUM(p.worth) AS worth, COALESCE(SUM(p.worth) FILTER (WHERE r.is_given), 0) AS given
              FROM ranks r JOIN priced p ON p.raffle_id = r.raffle_id AND r.prize_rank > p.upto - p.quantity AND r.prize_rank <= p.upto
             GROUP BY r.raffle_id
        )
        SELECT f.id AS raffle, f.state, t.worth AS promised, w.worth AS won, w.given, h.placed, h.captured, h.released
          FROM rewards_raffle f JOIN promised t ON t.raffle_id = f.id
          LEFT JOIN won w ON w.raffle_id = f.id
          LEFT JOIN credits_hold h ON h.id = f.hold_id
         WHERE f.state <> 'DRAFT'
           AND ((h.id IS NULL AND f.state <> 'VOID') OR h.advertiser_id <> f.sponsor_id OR h.captured <> COALESCE(w.given, 0)
             OR h.placed - h.released <> CASE f.state WHEN 'VOID' THEN 0 WHEN 'DRAWN' THEN COALESCE(w.worth, 0)
                                                      WHEN 'FINISHED' THEN COALESCE(w.given, 0) ELSE t.worth END)
    """)


@invariant("I12", "기프티콘에 쓴 티켓은 주문마다 한 번, 정한 만큼 나갔고, 발급하지 못한 주문의 티켓만 한 번 돌아왔어요.")
def gifticon_orders_were_paid_once() -> Iterable[object]:
    return rows("""
        WITH moved AS (
            SELECT e.id, e.kind, e.idempotency_key, a.member_id, p.amount
              FROM credits_entry e JOIN credits_posting p ON p.entry_id = e.id JOIN credits_account a ON a.id = p.account_id
             WHERE a.kind = 'WALLET'
               AND (starts_with(e.idempotency_key, 'gifticon-order:') OR starts_with(e.idempotency_key, 'gifticon-return:'))
        ), spent AS (SELECT * FROM moved WHERE kind = 'TICKET_SPEND'), returned AS (SELECT * FROM moved WHERE kind = 'TICKET_GRANT')
        SELECT o.tr_id, o.tickets, s.amount AS spent, g.amount AS returned, o.state
          FROM rewards_gifticonorder o
          FULL JOIN spent s ON s.id = o.spend_id
          FULL JOIN returned g ON g.idempotency_key = 'gifticon-return:' || o.public_id
         WHERE (o.tickets IS DISTINCT FROM 0 AND (o.tickets::bigint, o.member_id) IS DISTINCT FROM (-s.amount, s.member_id))
            OR (o.tickets = 0 AND s.id IS NOT NULL)
            OR (g.id IS NOT NULL AND (o.tickets::bigint, o.member_id, o.state) IS DISTINCT FROM (g.amount, g.member_id, 'FAILED'))
            OR (o.state = 'FAILED' AND o.tickets > 0) IS DISTINCT FROM (g.id IS NOT NULL)
    """)


@invariant("I12", "기프티콘 공급사의 잔액은 넣은 돈에서 발급한 쿠폰 값을 뺀 것과 같아요.")
def gifticon_deposit_is_what_was_issued() -> Iterable[object]:
    """Of the newest reading: an order whose end was not known at that moment may have been charged."""
    return rows("""
        SELECT read_at, balance_krw, expected_krw, open_krw
          FROM (SELECT * FROM rewards_gifticonfloat ORDER BY read_at DESC, id DESC LIMIT 1) newest
         WHERE balance_krw - expected_krw NOT BETWEEN -open_krw AND 0
    """)


@invariant("I11", "오퍼월이 알린 보상은 거래 번호마다 한 번, 정한 만큼 발행 계정에서 나갔고, 회수한 보상만 한 번 되돌렸어요.")
def offerwall_rewards_were_paid_once() -> Iterable[object]:
    return rows("""
        WITH paid AS (
            SELECT e.id, e.idempotency_key, MAX(a.member_id) AS member_id, SUM(p.amount) FILTER (WHERE a.kind = 'WALLET') AS amount,
                   -SUM(p.amount) FILTER (WHERE a.kind = 'ISSUED') AS issued
              FROM credits_entry e JOIN credits_posting p ON p.entry_id = e.id JOIN credits_account a ON a.id = p.account_id
             WHERE starts_with(e.idempotency_key, 'ow:') AND e.kind = 'TICKET_GRANT'
             GROUP BY e.id
        ), undone AS (
            SELECT id, reverses_id FROM credits_entry WHERE starts_with(idempotency_key, 'ow:') AND kind = 'TICKET_REVERSAL'
        )
        SELECT r.network, r.transaction, r.tickets, p.amount AS paid, p.issued, r.state
          FROM rewards_offerwallreward r
          FULL JOIN paid p ON p.id = r.entry_id
          FULL JOIN undone u ON u.id = r.reversal_id
         WHERE r.id IS NULL
            OR (r.entry_id IS NOT NULL AND (r.tickets::bigint, r.tickets::bigint, r.member_id, 'ow:' || r.network || ':' || r.transaction)
                IS DISTINCT FROM (p.amount, p.issued, p.member_id, p.idempotency_key))
            OR (r.state IN ('PAID', 'REVERSED')) IS DISTINCT FROM (r.entry_id IS NOT NULL)
            OR (r.reversal_id IS NOT NULL AND u.reverses_id IS DISTINCT FROM r.entry_id)
    """)


@invariant("I11", "출석과 친구 초대로 준 티켓은 기록마다 한 번, 정한 만큼 나갔어요.")
def gifts_were_given_once() -> Iterable[object]:
    return rows("""
        WITH granted AS (
            SELECT e.id, e.idempotency_key AS key, a.member_id, p.amount
              FROM credits_entry e JOIN credits_posting p ON p.entry_id = e.id JOIN credits_account a ON a.id = p.account_id
             WHERE e.kind = 'TICKET_GRANT' AND a.kind = 'WALLET'
               AND (starts_with(e.idempotency_key, 'attendance:') OR starts_with(e.idempotency_key, 'referral:')
                    AND NOT EXISTS (SELECT 1 FROM credits_entry b WHERE b.reverses_id = e.id))
        ), promised AS (
            SELECT 'attendance:' || m.public_id || ':' || t.attended_on AS key, t.member_id, t.tickets, t.entry_id
              FROM rewards_attendance t JOIN rewards_member m ON m.id = t.member_id WHERE t.tickets > 0
             UNION ALL
            SELECT 'referral:' || r.public_id || ':friend', r.friend_id, r.friend_tickets, r.friend_entry_id
              FROM rewards_referral r WHERE r.state = 'PAID' AND r.friend_tickets > 0
             UNION ALL
            SELECT 'referral:' || r.public_id || ':inviter', r.inviter_id, r.inviter_tickets, r.inviter_entry_id
              FROM rewards_referral r WHERE r.state = 'PAID' AND r.inviter_tickets > 0
        )
        SELECT COALESCE(n.key, g.key) AS gift, n.tickets, g.amount AS granted
          FROM promised n FULL JOIN granted g ON g.key = n.key
         WHERE (n.member_id, n.tickets::bigint, n.entry_id) IS DISTINCT FROM (g.member_id, g.amount, g.id)
    """)
