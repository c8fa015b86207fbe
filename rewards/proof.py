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
