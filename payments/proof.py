"""
What must be true between orders, refunds and the ledger. Each search starts from our orders, or from what claims to be one.

The payment company's own book is asked hourly by `payments.reconcile`; `captured_krw` and `cancelled_krw` are what it said last.
"""

from collections.abc import Iterable

from credits.proof import invariant, rows


@invariant("I5", "결제한 주문마다 결제한 만큼만, 한 번 충전돼 있어요.", stops_money=True)
def orders_equal_their_top_ups() -> Iterable[object]:
    yield from rows("""
        SELECT o.order_id AS "order", o.state, o.credits, COALESCE(-f.funded, 0) AS topped_up, e.advertiser_id AS booked_for
          FROM payments_paymentorder o
          LEFT JOIN credits_entry e ON e.order_id = o.order_id AND e.kind = 'TOP_UP'
          LEFT JOIN LATERAL (
            SELECT SUM(p.amount) AS funded FROM credits_posting p JOIN credits_account a ON a.id = p.account_id
             WHERE p.entry_id = e.id AND a.kind = 'FUNDING:' || o.gateway
          ) f ON TRUE
         WHERE COALESCE(-f.funded, 0) <> CASE WHEN o.credited_at IS NULL THEN 0 ELSE o.credits END
            OR (o.credited_at IS NULL) <> (e.id IS NULL)
            OR (e.id IS NOT NULL AND e.advertiser_id IS DISTINCT FROM o.advertiser_id)
    """)
    yield from rows("""
        SELECT o.order_id AS "order", o.bonus_credits, COALESCE(SUM(l.granted), 0) AS bonus_granted
          FROM payments_paymentorder o LEFT JOIN credits_lot l ON l.order_id = o.order_id AND l.kind = 'BONUS'
         GROUP BY o.id
        HAVING COALESCE(SUM(l.granted), 0) <> CASE WHEN o.credited_at IS NULL THEN 0 ELSE o.bonus_credits END
    """)


@invariant("I5", "주문 없이 충전된 크레딧이 없어요.", stops_money=True)
def top_ups_have_their_order() -> Iterable[object]:
    return rows("""
        SELECT e.id AS entry, e.order_id AS unknown_order FROM credits_entry e
         WHERE e.kind = 'TOP_UP' AND NOT EXISTS (SELECT 1 FROM payments_paymentorder o WHERE o.order_id = e.order_id)
    """)


@invariant("I5", "끝난 환불만큼만 크레딧이 나갔고, 기다리는 환불만큼 묶여 있어요.", stops_money=True)
def refunds_equal_what_left_and_what_is_frozen() -> Iterable[object]:
    yield from rows("""
        SELECT o.order_id AS "order", COALESCE(r.done, 0) AS refunded, COALESCE(b.returned, 0) AS booked
          FROM payments_paymentorder o
         CROSS JOIN LATERAL (SELECT o.gateway UNION SELECT 'bank') source (name)
          LEFT JOIN LATERAL (
            SELECT SUM(f.credits) AS done FROM payments_refund f
             WHERE f.order_id = o.id AND f.state = 'DONE' AND CASE f.way WHEN 'CARD' THEN o.gateway ELSE 'bank' END = source.name
          ) r ON TRUE
          LEFT JOIN LATERAL (
            SELECT SUM(p.amount) AS returned
              FROM credits_entry e JOIN credits_posting p ON p.entry_id = e.id JOIN credits_account a ON a.id = p.account_id
             WHERE e.order_id = o.order_id AND e.kind IN ('RECLAIM', 'CANCEL')
               AND a.kind = 'FUNDING:' || source.name
          ) b ON TRUE
         WHERE COALESCE(r.done, 0) <> COALESCE(b.returned, 0)
    """)
    yield from rows("""
        SELECT o.order_id AS "order", COALESCE(r.paid, 0) AS waiting, COALESCE(l.paid, 0) AS frozen,
               COALESCE(r.bonus, 0) AS waiting_bonus, COALESCE(l.bonus, 0) AS frozen_bonus
          FROM payments_paymentorder o
          LEFT JOIN (SELECT order_id, SUM(credits + promotion) AS paid, SUM(bonus) AS bonus FROM payments_refund
                      WHERE state IN ('REQUESTED', 'APPROVED', 'SENT', 'UNKNOWN', 'FAILED', 'BANK') GROUP BY order_id) r
            ON r.order_id = o.id
          LEFT JOIN (SELECT order_id, SUM(frozen) FILTER (WHERE kind = 'PAID') AS paid, SUM(frozen) FILTER (WHERE kind = 'BONUS') AS bonus,
                            BOOL_OR(disputed_at IS NOT NULL) AS disputed
                       FROM credits_lot GROUP BY order_id) l ON l.order_id = o.order_id
         WHERE CASE WHEN l.disputed
                    THEN COALESCE(r.paid, 0) > COALESCE(l.paid, 0) OR COALESCE(r.bonus, 0) > COALESCE(l.bonus, 0)
                    ELSE (COALESCE(r.paid, 0), COALESCE(r.bonus, 0)) <> (COALESCE(l.paid, 0), COALESCE(l.bonus, 0)) END
    """)


@invariant("I5", "주문보다 더 돌려준 돈은 모두 크레딧에서 가져왔거나 받을 금액이고, 부가세는 결제한 만큼까지만 돌려줬어요.")
def money_back_beyond_its_order_is_claimed() -> Iterable[object]:
    """
    What goes back beyond the order, by bank and by card, is credits of its refund, which the ledger books to the won (the search
    above); as VAT nothing would be taken for it.
    """
    return rows("""
        SELECT o.order_id AS "order", o.amount_krw, r.back AS refunded_krw, o.vat_krw, r.vat AS vat_back_krw
          FROM payments_paymentorder o
          JOIN (SELECT order_id, SUM(amount_krw) AS back, SUM(vat_krw) AS vat FROM payments_refund
                 WHERE state = 'DONE' GROUP BY order_id) r
            ON r.order_id = o.id
         WHERE r.vat > o.vat_krw
    """)


@invariant("I5", "카드 주인의 이의가 들어온 주문의 충전분만 묶여 있어요.")
def disputed_orders_equal_disputed_lots() -> Iterable[object]:
    return rows("""
        SELECT o.order_id AS "order", o.state, COUNT(l.id) FILTER (WHERE l.disputed_at IS NOT NULL) AS disputed_lots, COUNT(l.id) AS lots
          FROM payments_paymentorder o JOIN credits_lot l ON l.order_id = o.order_id
         GROUP BY o.id
        HAVING COUNT(l.id) FILTER (WHERE l.disputed_at IS NOT NULL) <> CASE WHEN o.state = 'DISPUTED' THEN COUNT(l.id) ELSE 0 END
    """)


@invariant("I5", "모두 환불한 주문의 보너스는 회수했거나, 그만큼 유료 크레딧으로 받았어요.")
def refunded_orders_keep_no_bonus() -> Iterable[object]:
    """Bonus that comes back from a campaign later may stay as far as PROMOTION was paid for it."""
    return rows("""
        SELECT o.order_id AS "order", l.available AS bonus_available, COALESCE(r.promotion, 0) AS paid_for
          FROM payments_paymentorder o
          JOIN (SELECT order_id, SUM(available) AS available FROM credits_lot WHERE kind = 'BONUS' GROUP BY order_id) l
            ON l.order_id = o.order_id
          LEFT JOIN (SELECT order_id, SUM(promotion) AS promotion FROM payments_refund WHERE state = 'DONE' GROUP BY order_id) r
            ON r.order_id = o.id
         WHERE o.state = 'REFUNDED' AND l.available > COALESCE(r.promotion, 0)
    """)


@invariant("I5", "보너스 행사는 예산 안에서 약속했고, 약속과 지급이 주문마다 적은 것과 같아요.")
def offers_equal_their_promises() -> Iterable[object]:
    yield from rows("""
        SELECT f.id AS offer, f.reserved_credits, COALESCE(u.reserved, 0) AS promised, f.granted_credits, COALESCE(u.granted, 0) AS given
          FROM payments_offer f
          LEFT JOIN (SELECT offer_id, SUM(credits) FILTER (WHERE state = 'RESERVED') AS reserved,
                            SUM(credits) FILTER (WHERE state = 'GRANTED') AS granted FROM payments_offeruse GROUP BY offer_id) u
            ON u.offer_id = f.id
         WHERE (f.reserved_credits, f.granted_credits) <> (COALESCE(u.reserved, 0), COALESCE(u.granted, 0))
            OR f.reserved_credits + f.granted_credits > f.budget_credits
    """)
    yield from rows("""
        SELECT o.order_id AS "order", o.bonus_credits, SUM(u.credits) AS given
          FROM payments_paymentorder o JOIN payments_offeruse u ON u.order_id = o.id AND u.state = 'GRANTED'
         GROUP BY o.id HAVING SUM(u.credits) > o.bonus_credits OR o.credited_at IS NULL
    """)


@invariant("I5", "결제사 장부에서 본 승인·취소 금액이 우리 주문·환불과 같거나, 확인할 차이로 올라와 있어요.")
def what_the_gateway_said_equals_ours() -> Iterable[object]:
    """A cancel that nobody has settled yet is a difference that people know about; anything else must agree to the won."""
    return rows("""
        SELECT o.order_id AS "order", o.amount_krw, o.captured_krw, COALESCE(r.done, 0) AS refunded_krw, o.cancelled_krw
          FROM payments_paymentorder o
          LEFT JOIN (SELECT order_id, SUM(amount_krw) AS done FROM payments_refund
                      WHERE state = 'DONE' AND way = 'CARD' GROUP BY order_id) r
            ON r.order_id = o.id
         WHERE o.credited_at IS NOT NULL
           AND (o.captured_krw <> o.amount_krw OR o.cancelled_krw <> COALESCE(r.done, 0))
           AND NOT EXISTS (SELECT 1 FROM payments_reconciliationitem i WHERE i.order_id = o.id AND i.state = 'OPEN')
    """)


@invariant("I5", "주인 모를 입금은 건마다 한 번 미배정 계정에 적혀 있고, 아직 처리하지 않은 만큼만 거기 남아 있어요.", stops_money=True)
def unallocated_money_equals_its_account() -> Iterable[object]:
    return rows("""
        WITH moved AS (
            SELECT split_part(e.idempotency_key, ':', 2) AS public_id, SUM(p.amount) AS standing,
                   SUM(p.amount) FILTER (WHERE e.kind = 'PARK') AS parked
              FROM credits_entry e JOIN credits_posting p ON p.entry_id = e.id JOIN credits_account a ON a.id = p.account_id
             WHERE a.kind = 'UNALLOCATED' GROUP BY 1
        )
        SELECT COALESCE(u.public_id::text, m.public_id) AS unallocated, u.state, u.amount_krw, m.parked, m.standing
          FROM (SELECT id, public_id, state, amount_krw FROM payments_unallocatedmoney
                 UNION ALL SELECT id, public_id, state, amount_krw FROM payments_bankdeposit) u
          FULL JOIN moved m ON m.public_id = u.public_id::text
         WHERE u.id IS NULL OR m.parked IS DISTINCT FROM u.amount_krw
            OR m.standing <> CASE WHEN u.state IN ('ALLOCATED', 'MATCHED', 'RETURNED') THEN 0 ELSE u.amount_krw END
    """)


@invariant(
    "I5",
    "결제를 나눠 쓰는 주문은 주인 모를 입금으로 만든 것이고, 그 입금과 금액이 같아요.",
    stops_money=True,
)
def top_ups_of_unallocated_money_equal_it() -> Iterable[object]:
    return rows("""
        SELECT o.order_id AS "order", o.amount_krw, u.amount_krw AS deposited, u.state
          FROM payments_paymentorder o
          LEFT JOIN payments_unallocatedmoney u ON u.became_id = o.id
          LEFT JOIN payments_paymentorder f ON f.id = u.order_id
         WHERE (u.became_id IS NOT NULL OR o.payment_ref <> '')
           AND (o.payment_ref, o.advertiser_id, o.gateway, o.amount_krw, o.credited_at IS NULL)
               IS DISTINCT FROM (COALESCE(NULLIF(f.payment_ref, ''), f.order_id), f.advertiser_id, u.gateway, u.amount_krw, FALSE)
    """)


@invariant("I5", "통장에 들어와 주문에 연결한 돈은 충전했거나 처리를 기다리거나 돌려준 돈이고, 보낸 돈은 끝난 환불과 돌려준 돈이에요.")
def our_account_equals_its_orders() -> Iterable[object]:
    """By order paid into our own account, whatever came of its money; one that is about to look is left out."""
    return rows("""
        SELECT o.order_id AS "order", d.came AS deposited, COALESCE(c.credited, 0) + COALESCE(u.noted, 0) AS explained,
               COALESCE(p.sent, 0) AS sent, COALESCE(c.refunded, 0) + COALESCE(u.returned, 0) AS gone_back
          FROM payments_paymentorder o
          JOIN (SELECT order_id, SUM(amount_krw) AS came FROM payments_bankdeposit WHERE state = 'MATCHED' GROUP BY order_id) d
            ON d.order_id = o.id
          LEFT JOIN LATERAL (
            SELECT SUM(s.amount_krw) FILTER (WHERE s.credited_at IS NOT NULL) AS credited,
                   SUM((SELECT SUM(f.amount_krw) FROM payments_refund f
                         WHERE f.order_id = s.id AND f.state = 'DONE' AND f.way = 'CARD')) AS refunded
              FROM payments_paymentorder s WHERE s.order_id = o.order_id OR s.payment_ref = o.order_id
          ) c ON TRUE
          LEFT JOIN LATERAL (
            SELECT SUM(m.amount_krw) FILTER (WHERE m.state <> 'ALLOCATED') AS noted,
                   SUM(m.amount_krw) FILTER (WHERE m.state = 'RETURNED') AS returned
              FROM payments_unallocatedmoney m WHERE m.order_id = o.id
          ) u ON TRUE
          LEFT JOIN (SELECT ref, SUM(amount_krw) AS sent FROM payments_bankpayout WHERE state = 'DONE' GROUP BY ref) p ON p.ref = o.order_id
         WHERE (d.came <> COALESCE(c.credited, 0) + COALESCE(u.noted, 0)
             OR COALESCE(p.sent, 0) <> COALESCE(c.refunded, 0) + COALESCE(u.returned, 0))
           AND NOT EXISTS (SELECT 1 FROM payments_bankdeposit w WHERE w.order_id = o.id AND o.next_check_at <= w.decided_at)
    """)


@invariant("I6", "결제사의 취소 하나는 한 번만 반영됐어요.", stops_money=True)
def cancels_are_booked_once() -> Iterable[object]:
    """Either as a refund of ours or as a difference that somebody settled, never as both."""
    return rows("""
        SELECT o.gateway, r.cancel_id AS cancel, COUNT(*) AS booked
          FROM payments_refund r JOIN payments_paymentorder o ON o.id = r.order_id
          JOIN credits_entry e ON e.idempotency_key IN (
               'refund:' || r.public_id || ':reclaim', o.gateway || ':cancel:' || r.cancel_id || ':reclaim')
         WHERE r.way = 'CARD' AND r.cancel_id <> '' GROUP BY o.gateway, r.cancel_id HAVING COUNT(*) > 1
    """)


@invariant("I17", "승인하거나 반려한 환불과 원장에 반영한 차이에는 누가 했는지 적혀 있어요.")
def money_decisions_name_their_person() -> Iterable[object]:
    """A refund may also have been done at the gateway's console; then the difference that was settled names who agreed."""
    yield from rows("""
        SELECT r.id AS refund, r.state FROM payments_refund r
         WHERE r.state IN ('APPROVED', 'SENT', 'DONE', 'DENIED') AND r.decided_by_id IS NULL
           AND NOT EXISTS (SELECT 1 FROM payments_reconciliationitem i
                            WHERE i.cancel_id = r.cancel_id AND r.cancel_id <> '' AND i.settled_by_id IS NOT NULL)
    """)
    yield from rows("""
        SELECT i.id AS item, i.kind FROM payments_reconciliationitem i
         WHERE i.state = 'SETTLED' AND i.kind IN ('FOREIGN_CANCEL', 'REFUND_AMOUNT') AND i.settled_by_id IS NULL
    """)


@invariant("I20", "세금 문서는 카드가 아닌 결제에만 있고, 충전하고 돌려준 금액이나 그 달에 쓴 유료 크레딧과 같아요.")
def documents_equal_what_they_are_about() -> Iterable[object]:
    """
    By order and refund where the deposit is the moment of supply, by month where it is what was spent. OPS-29. A refund of more than the
    order has left takes all of the document back, and no more.
    """
    yield from rows("""
        SELECT d.number AS document, o.order_id AS "order", o.method, d.supply_krw, o.credits
          FROM payments_taxdocument d JOIN payments_paymentorder o ON o.id = d.order_id
         WHERE o.method NOT IN ('TRANSFER', 'VIRTUAL_ACCOUNT', 'BANK') OR o.credited_at IS NULL
            OR (d.corrects_id IS NULL AND (d.supply_krw, d.vat_krw) <> (o.credits, o.vat_krw))
    """)
    yield from rows("""
        SELECT d.number AS document, r.id AS refund, r.state, d.supply_krw, r.credits
          FROM payments_taxdocument d JOIN payments_refund r ON r.id = d.refund_id
         WHERE r.state <> 'DONE' OR r.order_id <> d.order_id OR d.vat_krw <> -r.vat_krw OR d.supply_krw < -r.credits
            OR (d.supply_krw > -r.credits AND 0 <> (SELECT SUM(a.supply_krw) FROM payments_taxdocument a WHERE a.order_id = d.order_id))
    """)
    yield from rows("""
        SELECT d.number AS document, d.written_on, d.supply_krw, COALESCE(s.spent, 0) AS spent
          FROM payments_taxdocument d
          LEFT JOIN LATERAL (
            SELECT SUM(p.amount) AS spent
              FROM payments_paymentorder o JOIN credits_lot l ON l.order_id = o.order_id AND l.kind = 'PAID'
              JOIN credits_posting p ON p.lot_id = l.id JOIN credits_account a ON a.id = p.account_id
              JOIN credits_entry e ON e.id = p.entry_id
             WHERE o.advertiser_id = d.advertiser_id AND o.method IN ('TRANSFER', 'VIRTUAL_ACCOUNT', 'BANK')
               AND a.kind IN ('REVENUE', 'REWARD_COST') AND e.kind IN ('CAPTURE', 'REVERSAL')
               AND e.booked_on BETWEEN date_trunc('month', d.written_on)::date AND d.written_on
               AND (SELECT v.value FROM common_datedsetting v
                     WHERE v.name = 'payments.tax_document_basis' AND v.effective_from <= o.paid_at
                     ORDER BY v.effective_from DESC LIMIT 1) = '"spend"'
          ) s ON TRUE
         WHERE starts_with(d.key, 'month:') AND d.supply_krw <> COALESCE(s.spent, 0)
    """)
