"""
One way or more to break each sentence of the proof, by the owner of the tables, behind the back of every guard.

    row = breakage.do(connection)      # inside a transaction of the caller; `manage.py verify_ledger` must exit 1 and print `row`
    findings += breakages.unnoticed()  # all of them, one after the other, each rolled back

They work on any book with a little of everything: paid orders and a refund that is done, holds captured in part, a finished
participation, tickets, two advertisers. A proof that still says yes after one of them is worth nothing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import StringIO
from typing import Any, Protocol

from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from backoffice import audit_chain
from backoffice.models import AuditLink
from credits import proof

DOCUMENT = (
    "public_id, key, number, advertiser_id, kind, written_on, supply_krw, vat_krw, buyer, state, try_no, nts_number, failure, made_at"
)
ENTRY = "credits_entry (kind, idempotency_key, movement, order_id, subject, occurred_at, booked_at, booked_on, actor, reason)"


class NothingToBreak(Exception):
    """The book has no row of the kind that should be changed."""


class Connection(Protocol):
    """Django's or psycopg's."""

    def cursor(self) -> Any: ...


class Owner:
    """The owner of the tables, at work on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def change(self, statement: str) -> tuple[Any, ...]:
        """
        Run a statement with our triggers off around it; what it returns of the row it changed.

        :raises NothingToBreak: it changed none.
        """
        with self._connection.cursor() as cursor:
            cursor.execute("SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal AND tgparentid = 0")
            guarded = [table for (table,) in cursor.fetchall()]
            self._switch(cursor, "DISABLE", guarded)
            cursor.execute(statement)
            changed = self._row(cursor, statement)
            self._switch(cursor, "ENABLE", guarded)
        return changed

    def run(self, statement: str) -> None:
        """Run a statement that changes the tables themselves."""
        with self._connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(statement)

    def look(self, query: str) -> tuple[Any, ...]:
        """
        The first row of a query.

        :raises NothingToBreak: there is none.
        """
        with self._connection.cursor() as cursor:
            cursor.execute(query)
            return self._row(cursor, query)

    @staticmethod
    def _row(cursor: Any, statement: str) -> tuple[Any, ...]:
        row: tuple[Any, ...] | None = cursor.fetchone()
        if row is None:
            raise NothingToBreak(statement)
        return row

    @staticmethod
    def _switch(cursor: Any, word: str, tables: list[str]) -> None:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table that waits for a deferred check cannot be altered
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} {word} TRIGGER USER")


@dataclass(frozen=True, slots=True)
class Breakage:
    """
    check: the search that must find it, as "module.function".   name: what was done.
    do: does it on a connection, and returns the text that the proof must print.
    """

    check: str
    name: str
    do: Callable[[Connection], str]


BREAKAGES: list[Breakage] = []


def breaks(check: str) -> Callable[[Callable[[Owner], str]], Callable[[Owner], str]]:
    """Put a function into the list. check: "module.function" of the search that must find what it does."""

    def register(act: Callable[[Owner], str]) -> Callable[[Owner], str]:
        BREAKAGES.append(Breakage(check, act.__name__, lambda connection: act(Owner(connection))))
        return act

    return register


# ---- the ledger --------------------------------------------------------------------------------------------------------


@breaks("credits.invariants.entries_sum_to_zero")
def a_line_made_larger(owner: Owner) -> str:
    (entry,) = owner.change(f"UPDATE credits_posting SET amount = amount + 1 WHERE id = ({_line('AVAILABLE')}) RETURNING entry_id")
    return f"entry={entry} unit=CREDIT sum=1"


@breaks("credits.invariants.entries_sum_to_zero")
def an_entry_without_lines(owner: Owner) -> str:
    entry, _ = _bare_entry(owner, "ADJUST", order_id="")
    return f"entry={entry} unit=NONE sum=0"


@breaks("credits.invariants.accounts_sum_to_zero")
def a_house_line_lost(owner: Owner) -> str:
    (amount,) = owner.change(f"DELETE FROM credits_posting WHERE id = ({_line('FUNDING:%')}) RETURNING amount")
    return f"unit=CREDIT sum={-amount}"


@breaks("credits.invariants.balances_equal_postings")
def a_balance_raised(owner: Owner) -> str:
    account, kind, balance = owner.change(
        f"UPDATE credits_account SET balance = balance + 1 WHERE id = ({_account('AVAILABLE')}) RETURNING id, kind, balance"
    )
    return f"account={account} kind={kind} balance={balance} postings={balance - 1}"


@breaks("credits.invariants.balances_were_never_below_zero")
def a_running_balance_rewritten(owner: Owner) -> str:
    posting, account, after = owner.change(
        f"UPDATE credits_posting SET balance_after = balance_after + 7 WHERE id = ({_line('AVAILABLE')}) "
        "RETURNING id, account_id, balance_after"
    )
    return f"posting={posting} account={account} balance_after={after} running={after - 7}"


@breaks("credits.invariants.orders_are_topped_up_once")
def a_second_top_up(owner: Owner) -> str:
    owner.run("DROP INDEX credits_entry_one_top_up_per_order")
    (order,) = owner.look("SELECT order_id FROM credits_entry WHERE kind = 'TOP_UP' ORDER BY id LIMIT 1")
    _bare_entry(owner, "TOP_UP", order_id=order)
    return f"order={order} top_ups=2"


@breaks("credits.invariants.orders_are_topped_up_once")
def a_lot_nobody_paid_for(owner: Owner) -> str:
    (order,) = owner.look("SELECT order_id FROM credits_entry WHERE kind = 'TOP_UP' ORDER BY id LIMIT 1")
    _forge_the_first_top_up(owner)
    return f"order={order} top_ups=0"


@breaks("credits.invariants.holds_equal_what_is_held")
def a_charge_forgotten(owner: Owner) -> str:
    hold, placed, captured = owner.change(
        "UPDATE credits_hold SET captured = captured - 1 WHERE id = (SELECT id FROM credits_hold WHERE captured > 0 ORDER BY id LIMIT 1) "
        "RETURNING id, placed, captured"
    )
    return f"hold={hold} placed={placed} captured={captured}"


@breaks("credits.invariants.holds_equal_what_is_held")
def a_share_of_a_lot_freed(owner: Owner) -> str:
    (lot,) = owner.change(
        "UPDATE credits_holdpart SET captured = captured - 1 "
        "WHERE id = (SELECT id FROM credits_holdpart WHERE captured > 0 ORDER BY id LIMIT 1) RETURNING lot_id"
    )
    (held,) = owner.look(f"SELECT held FROM credits_lot WHERE id = {lot}")
    (shares,) = owner.look(f"SELECT SUM(placed - captured - released) FROM credits_holdpart WHERE lot_id = {lot}")
    return f"lot={lot} held={held} open_parts={shares}"


@breaks("credits.invariants.lots_equal_postings_and_balances")
def used_credits_made_new(owner: Owner) -> str:
    lot, granted, available = owner.change(
        "UPDATE credits_lot SET used = used - 1, available = available + 1 "
        "WHERE id = (SELECT id FROM credits_lot WHERE used > 0 ORDER BY id LIMIT 1) RETURNING id, granted, available"
    )
    return f"lot={lot} granted={granted} available={available}"


@breaks("credits.invariants.tickets_issued_equal_held_and_spent")
def a_ticket_from_nowhere(owner: Owner) -> str:
    owner.change(f"UPDATE credits_account SET balance = balance + 1 WHERE id = ({_account('WALLET')}) RETURNING id")
    (held,) = owner.look("SELECT SUM(balance) FROM credits_account WHERE member_id IS NOT NULL")
    issued, spent = owner.look("""
        SELECT -SUM(p.amount) FILTER (WHERE a.kind = 'ISSUED'), COALESCE(SUM(p.amount) FILTER (WHERE a.kind <> 'ISSUED'), 0)
          FROM credits_posting p JOIN credits_account a ON a.id = p.account_id WHERE a.unit = 'TICKET' AND a.balance IS NULL
    """)
    return f"issued={issued} held={held} spent={spent}"


@breaks("credits.invariants.owners_agree")
def an_entry_given_to_somebody_else(owner: Owner) -> str:
    entry, other = owner.change(
        f"UPDATE credits_entry SET advertiser_id = ({_another_than('credits_entry.advertiser_id')}) "
        "WHERE id = (SELECT MIN(id) FROM credits_entry WHERE kind = 'TOP_UP') RETURNING id, advertiser_id"
    )
    (posting,) = owner.look(
        "SELECT p.id FROM credits_posting p JOIN credits_account a ON a.id = p.account_id "
        f"WHERE p.entry_id = {entry} AND a.kind = 'AVAILABLE'"
    )
    return f"posting={posting} entry_owner={other}"


@breaks("credits.invariants.work_goes_out_in_time")
def work_that_nobody_took_up(owner: Owner) -> str:
    (effect,) = owner.change("""
        INSERT INTO common_effect (kind, key, ids, state, attempts, failures, due_at, detail, request_id, created_at)
        VALUES ('payments.receipt', 'forgotten', '{}', 'NEW', 0, 0, now() - interval '400 days', '', '', now()) RETURNING id
    """)
    return f"effect={effect} kind=payments.receipt state=NEW"


@breaks("credits.invariants.decisions_name_their_person")
def an_adjustment_by_nobody(owner: Owner) -> str:
    entry, _ = _bare_entry(owner, "ADJUST", order_id="")
    return f"entry={entry} kind=ADJUST actor= reason="


@breaks("credits.invariants.closed_days_are_unchanged")
def a_day_closed_by_somebody_else(owner: Owner) -> str:
    (day,) = owner.change("""
        INSERT INTO credits_daydigest (day_on, entries, postings, closing, previous_hash, hash, closed_at)
        SELECT COALESCE(MAX(day_on) + 1, (SELECT MIN(booked_on) FROM credits_entry)), 0, 0, '{}',
               COALESCE((SELECT hash FROM credits_daydigest ORDER BY day_on DESC LIMIT 1), ''), 'forged', now()
          FROM credits_daydigest RETURNING day_on
    """)
    return f"day={day} no longer has the hash it was closed with"


@breaks("backoffice.proof.the_audit_is_what_it_was")
def a_line_of_the_audit_rewritten(owner: Owner) -> str:
    link = _linked("identity_userevent")
    owner.change(f"UPDATE identity_userevent SET pgh_label = 'other' WHERE pgh_id = {link.until_id} RETURNING pgh_id")
    return f"table=identity_userevent day={link.day_on} has other audit rows up to number {link.until_id} than were linked"


@breaks("backoffice.proof.the_audit_is_what_it_was")
def a_line_of_the_audit_taken_away(owner: Owner) -> str:
    link = _linked("campaigns_campaignevent")
    owner.change(f"DELETE FROM campaigns_campaignevent WHERE id = {link.until_id} RETURNING id")
    return f"table=campaigns_campaignevent day={link.day_on} had {link.rows} audit rows up to number {link.until_id}, now {link.rows - 1}"


@breaks("backoffice.proof.the_audit_is_what_it_was")
def a_line_put_into_the_audit_afterwards(owner: Owner) -> str:
    link = _linked("identity_userevent")
    listed = ", ".join(column for column in link.columns if column != "pgh_id")
    owner.change(
        f"INSERT INTO identity_userevent (pgh_id, {listed}) SELECT 0, {listed} FROM identity_userevent WHERE pgh_id = {link.until_id} "
        "RETURNING pgh_id"
    )
    return f"table=identity_userevent day={link.day_on} had {link.rows} audit rows up to number {link.until_id}, now {link.rows + 1}"


@breaks("backoffice.proof.the_audit_is_what_it_was")
def a_link_of_the_audit_that_nobody_made(owner: Owner) -> str:
    link = _linked("identity_userevent")
    owner.change(f"UPDATE backoffice_auditlink SET rows = rows + 1 WHERE id = {link.pk} RETURNING id")
    return f"audit_link={link.pk} table=identity_userevent day={link.day_on} does not follow the link before it"


@breaks("credits.invariants.play_money_stays_in_the_demo")
def real_money_in_a_demo(owner: Owner) -> str:
    posting, entry, account = owner.look("""
        SELECT p.id, e.kind, a.kind FROM credits_posting p JOIN credits_entry e ON e.id = p.entry_id
          JOIN credits_account a ON a.id = p.account_id WHERE e.advertiser_id IS NOT NULL AND a.advertiser_id IS NULL ORDER BY p.id LIMIT 1
    """)
    owner.change(f"""
        UPDATE advertisers_advertiser SET is_demo = true
         WHERE id = (SELECT e.advertiser_id FROM credits_posting p JOIN credits_entry e ON e.id = p.entry_id WHERE p.id = {posting})
        RETURNING id
    """)
    return f"posting={posting} entry={entry} account={account} is_demo=True"


@breaks("credits.invariants.days_are_days_in_seoul")
def a_day_that_is_not_seouls(owner: Owner) -> str:
    owner.run("ALTER TABLE credits_entry DROP CONSTRAINT credits_entry_booked_on_its_seoul_day")
    (entry,) = owner.change(
        "UPDATE credits_entry SET booked_on = booked_on + 1 WHERE id = (SELECT MAX(id) FROM credits_entry) RETURNING id"
    )
    return f"entry={entry} booked_at="


@breaks("credits.invariants.columns_hold_whole_won_and_aware_moments")
def a_column_for_parts_of_a_won(owner: Owner) -> str:
    owner.run("ALTER TABLE payments_package ADD COLUMN forged_krw numeric(12, 2)")
    return "table=payments_package column=forged_krw type=numeric(12,2)"


@breaks("credits.invariants.guards_are_on")
def a_guard_switched_off(owner: Owner) -> str:
    trigger = _balanced_trigger(owner)
    owner.run(f"ALTER TABLE credits_posting DISABLE TRIGGER {trigger}")
    return f"trigger={trigger} of credits_posting is missing, changed or off"


@breaks("credits.invariants.guards_are_on")
def a_guard_emptied(owner: Owner) -> str:
    trigger = _balanced_trigger(owner)
    owner.run(f"CREATE OR REPLACE FUNCTION {trigger}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'")
    return f"trigger={trigger} of credits_posting is missing, changed or off"


@breaks("credits.invariants.guards_are_on")
def a_constraint_dropped(owner: Owner) -> str:
    owner.run("ALTER TABLE credits_account DROP CONSTRAINT credits_account_never_below_zero")
    return "constraint=credits_account_never_below_zero of credits_account is missing"


@breaks("credits.invariants.claims_are_not_settled_twice")
def a_claim_settled_that_nobody_had(owner: Owner) -> str:
    (entry,) = owner.change("""
        INSERT INTO credits_posting (entry_id, account_id, amount)
        SELECT MIN(id), credits_house_credits('RECEIVABLE'), 1000000000 FROM credits_entry WHERE kind = 'TOP_UP' RETURNING entry_id
    """)
    (debtor,) = owner.look(f"SELECT advertiser_id FROM credits_entry WHERE id = {entry}")
    return f"advertiser={debtor} settled_too_much="


# ---- orders and refunds ------------------------------------------------------------------------------------------------


@breaks("payments.proof.orders_equal_their_top_ups")
def an_order_made_smaller(owner: Owner) -> str:
    order, state, credits = owner.change(
        "UPDATE payments_paymentorder SET credits = credits - 10, amount_krw = amount_krw - 10 "
        f"WHERE id = ({_credited_order()}) RETURNING order_id, state, credits"
    )
    return f"order={order} state={state} credits={credits} topped_up={credits + 10}"


@breaks("payments.proof.top_ups_have_their_order")
def a_top_up_for_an_order_that_never_was(owner: Owner) -> str:
    return f"entry={_forge_the_first_top_up(owner)} unknown_order=FORGED"


@breaks("payments.proof.refunds_equal_what_left_and_what_is_frozen")
def a_refund_said_to_be_larger(owner: Owner) -> str:
    order_pk, order, refunded = owner.change("""
        UPDATE payments_refund r SET credits = r.credits + 1, amount_krw = r.amount_krw + 1 FROM payments_paymentorder o
         WHERE o.id = r.order_id AND r.id = (SELECT MIN(id) FROM payments_refund WHERE state = 'DONE')
        RETURNING o.id, o.order_id, (SELECT SUM(d.credits) FROM payments_refund d WHERE d.order_id = o.id AND d.state = 'DONE')
    """)
    (now,) = owner.look(f"SELECT SUM(credits) FROM payments_refund WHERE order_id = {order_pk} AND state = 'DONE'")
    return f"order={order} refunded={now} booked={refunded}"


@breaks("payments.proof.money_back_beyond_its_order_is_claimed")
def money_back_twice_as_vat(owner: Owner) -> str:
    order, amount, back, vat = owner.change("""
        UPDATE payments_refund r SET vat_krw = r.vat_krw + o.amount_krw, amount_krw = r.amount_krw + o.amount_krw
          FROM payments_paymentorder o
         WHERE o.id = r.order_id AND r.id = (SELECT MIN(id) FROM payments_refund WHERE state = 'DONE')
        RETURNING o.order_id, o.amount_krw, (SELECT SUM(d.amount_krw) FROM payments_refund d WHERE d.order_id = o.id AND d.state = 'DONE'),
                  o.vat_krw
    """)
    return f"order={order} amount_krw={amount} refunded_krw={back + amount} vat_krw={vat}"


@breaks("payments.proof.refunded_orders_keep_no_bonus")
def a_bonus_left_after_a_whole_refund(owner: Owner) -> str:
    (order,) = owner.change("""
        UPDATE credits_lot SET kind = 'BONUS' WHERE id = (
          SELECT l.id FROM credits_lot l JOIN payments_paymentorder o ON o.order_id = l.order_id ORDER BY l.available DESC, l.id LIMIT 1
        ) RETURNING order_id
    """)
    owner.change(f"UPDATE payments_paymentorder SET state = 'REFUNDED' WHERE order_id = '{order}' RETURNING id")
    return f"order={order} bonus_available="


@breaks("credits.invariants.disputed_lots_have_nothing_free")
def a_complaint_that_binds_nothing(owner: Owner) -> str:
    lot, available = owner.change("""
        UPDATE credits_lot SET disputed_at = now() WHERE id = (SELECT MIN(id) FROM credits_lot WHERE available > 0) RETURNING id, available
    """)
    return f"lot={lot} available={available}"


@breaks("payments.proof.disputed_orders_equal_disputed_lots")
def a_complaint_about_no_credits(owner: Owner) -> str:
    (order,) = owner.change("""
        UPDATE payments_paymentorder SET state = 'DISPUTED'
         WHERE id = (SELECT MIN(o.id) FROM payments_paymentorder o JOIN credits_lot l ON l.order_id = o.order_id
                      WHERE o.credited_at IS NOT NULL AND o.state <> 'DISPUTED')
        RETURNING order_id
    """)
    return f"order={order} state=DISPUTED disputed_lots=0"


@breaks("payments.proof.offers_equal_their_promises")
def a_bonus_promised_to_nobody(owner: Owner) -> str:
    (offer,) = owner.change("""
        INSERT INTO payments_offer (name, code, from_credits, percent, budget_credits, reserved_credits, granted_credits, campaign_types,
                                    starts_at, ends_at, created_at, created_by_id)
        SELECT 'forged', '', 0, 10, 1000, 7, 0, '{}', now(), now() + interval '1 day', now(), MIN(id) FROM identity_user RETURNING id
    """)
    return f"offer={offer} reserved_credits=7 promised=0"


@breaks("payments.proof.what_the_gateway_said_equals_ours")
def a_won_more_in_the_gateways_book(owner: Owner) -> str:
    order, amount, captured = owner.change(
        f"UPDATE payments_paymentorder SET captured_krw = captured_krw + 1 WHERE id = ({_credited_order()}) "
        "RETURNING order_id, amount_krw, captured_krw"
    )
    return f"order={order} amount_krw={amount} captured_krw={captured}"


@breaks("payments.proof.unallocated_money_equals_its_account")
def a_deposit_that_no_entry_knows(owner: Owner) -> str:
    (deposit,) = owner.change(f"""
        INSERT INTO payments_unallocatedmoney (public_id, key, order_id, gateway, amount_krw, why, state, paid_at, found_at, try_no,
                                               cancel_id, failure, sealed_account, reason)
        SELECT gen_random_uuid(), 'forged', o.id, o.gateway, 5, 'TWICE', 'OPEN', now(), now(), 1, '', '', '', ''
          FROM payments_paymentorder o WHERE o.id = ({_credited_order()}) RETURNING public_id
    """)
    return f"unallocated={deposit} state=OPEN amount_krw=5 parked=None"


@breaks("payments.proof.unallocated_money_equals_its_account")
def money_put_aside_for_no_deposit(owner: Owner) -> str:
    owner.change("""
        INSERT INTO credits_posting (entry_id, account_id, amount)
        SELECT MIN(id), credits_house_credits('UNALLOCATED'), 5 FROM credits_entry WHERE kind = 'TOP_UP' RETURNING id
    """)
    return "state=None amount_krw=None parked=None standing=5"


@breaks("payments.proof.our_account_equals_its_orders")
def a_deposit_of_our_account_that_its_order_does_not_know(owner: Owner) -> str:
    order, amount = owner.change(f"""
        INSERT INTO payments_bankdeposit (public_id, number, received_at, amount_krw, depositor, state, order_id, noted_by_id, noted_at,
                                          decided_by_id, decided_at, reason)
        SELECT gen_random_uuid(), 'forged', now(), 5, 'FORGED', 'MATCHED', o.id, o.created_by_id, now(), o.created_by_id,
               COALESCE(o.next_check_at, now()) - interval '1 second', ''
          FROM payments_paymentorder o WHERE o.id = ({_credited_order()})
        RETURNING (SELECT order_id FROM payments_paymentorder WHERE id = payments_bankdeposit.order_id), amount_krw
    """)
    return f"order={order} deposited={amount}"


@breaks("payments.proof.top_ups_of_unallocated_money_equal_it")
def a_payment_shared_with_an_order_that_no_money_became(owner: Owner) -> str:
    order, amount = owner.change(
        f"UPDATE payments_paymentorder SET payment_ref = 'BOFORGED' WHERE id = ({_credited_order()}) RETURNING order_id, amount_krw"
    )
    return f"order={order} amount_krw={amount} deposited=None"


@breaks("payments.proof.cancels_are_booked_once")
def a_cancel_followed_as_well(owner: Owner) -> str:
    gateway, cancel = owner.look(
        "SELECT o.gateway, r.cancel_id FROM payments_refund r JOIN payments_paymentorder o ON o.id = r.order_id "
        "JOIN credits_entry e ON e.idempotency_key = 'refund:' || r.public_id || ':reclaim' "
        "WHERE r.state = 'DONE' AND r.way = 'CARD' AND r.source = 'ADVERTISER' ORDER BY r.id LIMIT 1"
    )
    owner.change(
        f"INSERT INTO {ENTRY} SELECT 'CANCEL', '{gateway}:cancel:{cancel}:reclaim', '', '', '', occurred_at, booked_at, booked_on, '', '' "
        "FROM credits_entry ORDER BY id DESC LIMIT 1 RETURNING id"
    )
    return f"gateway={gateway} cancel={cancel} booked=2"


@breaks("payments.proof.documents_equal_what_they_are_about")
def an_invoice_for_a_card(owner: Owner) -> str:
    (number,) = owner.change(f"""
        INSERT INTO payments_taxdocument ({DOCUMENT}, order_id)
        SELECT gen_random_uuid(), 'forged', 'TI-CARD', o.advertiser_id, 'INVOICE', o.paid_at::date, o.credits, o.vat_krw, '{{}}',
               'WAITING', 1, '', '', now(), o.id
          FROM payments_paymentorder o WHERE o.id = ({_credited_order("AND o.method IN ('', 'CARD')")}) RETURNING number
    """)
    return f"document={number} order="


@breaks("payments.proof.documents_equal_what_they_are_about")
def a_month_nobody_spent(owner: Owner) -> str:
    (number,) = owner.change(f"""
        INSERT INTO payments_taxdocument ({DOCUMENT})
        SELECT gen_random_uuid(), 'month:forged', 'TI-MONTH', o.advertiser_id, 'INVOICE', '2026-10-31', 500, 50, '{{}}',
               'WAITING', 1, '', '', now()
          FROM payments_paymentorder o WHERE o.id = ({_credited_order()}) RETURNING number
    """)
    return f"document={number} written_on=2026-10-31 supply_krw=500 spent=0"


@breaks("payments.proof.money_decisions_name_their_person")
def a_refund_that_nobody_decided(owner: Owner) -> str:
    (refund,) = owner.change(
        "UPDATE payments_refund SET decided_by_id = NULL "
        "WHERE id = (SELECT MIN(id) FROM payments_refund WHERE state = 'DONE' AND source = 'ADVERTISER') RETURNING id"
    )
    return f"refund={refund} state=DONE"


# ---- campaigns ---------------------------------------------------------------------------------------------------------


@breaks("campaigns.proof.finished_participations_were_paid_once")
def a_reward_of_one_ticket_more(owner: Owner) -> str:
    taking, tickets = owner.change(
        f"UPDATE campaigns_participation SET tickets = tickets + 1 WHERE public_id = ({_PAID_AT_ONCE}) RETURNING public_id, tickets"
    )
    return f"participation={taking} state=REWARDED tickets={tickets} granted={tickets - 1}"


@breaks("campaigns.proof.invalid_participations_were_paid_back")
def a_participation_taken_back_without_a_note(owner: Owner) -> str:
    (taking, price) = owner.change(
        "UPDATE campaigns_participation SET state = 'REVERSED' "
        "WHERE public_id = (SELECT public_id FROM campaigns_participation WHERE state = 'REWARDED' ORDER BY public_id LIMIT 1) "
        "RETURNING public_id, price"
    )
    return f"participation={taking} state=REVERSED price={price} returned=None"


@breaks("campaigns.proof.what_was_sent_in_was_looked_at")
def an_answer_that_nobody_sent(owner: Owner) -> str:
    (taking,) = owner.change(f"UPDATE campaigns_participation SET type = 'SURVEY' WHERE public_id = ({_PAID_AT_ONCE}) RETURNING public_id")
    return f"participation={taking} type=SURVEY state=REWARDED verdict=None"


@breaks("campaigns.proof.slots_count_their_participations")
def a_slot_that_counts_wrong(owner: Owner) -> str:
    campaign, day, slot = _change_a_slot(owner, "confirmed_credits = confirmed_credits + 1")[:3]
    return f"campaign={campaign} on={day} slot={slot} confirmed="


@breaks("campaigns.proof.steps_were_earned_once")
def a_step_that_paid_nobody(owner: Owner) -> str:
    taking, step = owner.change(
        "INSERT INTO campaigns_earnedstep (participation, campaign_id, member_id, step, credits, tickets, grant_entry_id, at) "
        "SELECT public_id, campaign_id, member_id, 99, 10, 1, 1, now() FROM campaigns_participation WHERE state = 'REWARDED' "
        "ORDER BY public_id LIMIT 1 RETURNING participation, step"
    )
    return f"participation={taking} step={step} tickets=1 granted=None"


@breaks("campaigns.proof.captures_equal_consumption")
def a_charge_the_hold_does_not_know(owner: Owner) -> str:
    campaign, captured = owner.change(
        "UPDATE campaigns_campaign SET captured_credits = captured_credits - 1 "
        "WHERE id = (SELECT MIN(id) FROM campaigns_campaign WHERE captured_credits > 0) RETURNING id, captured_credits"
    )
    return f"campaign={campaign} captured_credits={captured}"


@breaks("campaigns.proof.captures_name_both_parts")
def a_ticket_more_than_was_charged_for(owner: Owner) -> str:
    campaign, captured, tickets = owner.change(
        "UPDATE campaigns_campaign SET captured_tickets = captured_tickets + 1 "
        "WHERE id = (SELECT MIN(id) FROM campaigns_campaign WHERE captured_credits > 0) RETURNING id, captured_credits, captured_tickets"
    )
    return f"campaign={campaign} captured_credits={captured} captured_tickets={tickets}"


@breaks("campaigns.proof.holds_follow_the_state")
def a_hold_of_somebody_else(owner: Owner) -> str:
    (hold,) = owner.change(
        f"UPDATE credits_hold SET advertiser_id = ({_another_than('credits_hold.advertiser_id')}) "
        "WHERE id = (SELECT MIN(hold_id) FROM campaigns_campaign) RETURNING id"
    )
    campaign, state, budget = owner.look(f"SELECT id, state, budget_credits FROM campaigns_campaign WHERE hold_id = {hold}")
    return f"campaign={campaign} state={state} budget_credits={budget}"


@breaks("campaigns.proof.holds_cover_what_may_still_be_earned")
def more_earned_than_is_on_hold(owner: Owner) -> str:
    (campaign, *_) = _change_a_slot(owner, "confirmed_credits = confirmed_credits + 1000000000")
    return f"campaign={campaign} open="


@breaks("campaigns.proof.budgets_were_never_exceeded")
def units_nobody_has_a_budget_for(owner: Owner) -> str:
    (campaign, *_) = _change_a_slot(owner, "allowance = allowance + 1000000")
    (budget,) = owner.look(f"SELECT budget_credits FROM campaigns_campaign WHERE id = {campaign}")
    return f"campaign={campaign} budget={budget} units="


@breaks("campaigns.proof.nobody_took_part_twice")
def a_slot_oversold(owner: Owner) -> str:
    owner.run("ALTER TABLE campaigns_budgetslot DROP CONSTRAINT campaigns_budgetslot_never_oversold")
    campaign, day, slot, allowance = _change_a_slot(owner, "allowance = taken - returned - 1")
    return f"campaign={campaign} on={day} slot={slot} allowance={allowance}"


@breaks("campaigns.proof.nobody_took_part_twice")
def one_person_counted_twice(owner: Owner) -> str:
    owner.run("ALTER TABLE campaigns_participation DROP CONSTRAINT campaigns_participation_once_per_person")
    campaign, day = owner.change("""
        UPDATE campaigns_participation SET person_key = 'same' WHERE (campaign_id, period_on) = (
            SELECT campaign_id, period_on FROM campaigns_participation GROUP BY 1, 2 HAVING COUNT(*) > 1 ORDER BY 1, 2 LIMIT 1
        ) RETURNING campaign_id, period_on
    """)
    return f"campaign={campaign} person=same on={day} times="


@breaks("campaigns.proof.states_followed_the_table")
def a_state_no_history_led_to(owner: Owner) -> str:
    (campaign,) = owner.change(
        "UPDATE campaigns_campaign SET state = 'CHANGES_ASKED' "
        "WHERE id = (SELECT MIN(id) FROM campaigns_campaign WHERE state <> 'CHANGES_ASKED') RETURNING id"
    )
    return f"campaign={campaign} state=CHANGES_ASKED last_in_history="


@breaks("campaigns.proof.the_default_partition_is_empty")
def a_participation_outside_every_month(owner: Owner) -> str:
    (taking,) = owner.change(
        "UPDATE campaigns_participation SET period_on = '2099-01-01' "
        "WHERE public_id = (SELECT public_id FROM campaigns_participation ORDER BY public_id LIMIT 1) RETURNING public_id"
    )
    return f"participation={taking} on=2099-01-01"


@breaks("rewards.proof.raffle_entries_were_paid_once")
def a_raffle_entry_that_nobody_paid(owner: Owner) -> str:
    raffle = _raffle(owner, "DRAFT")
    entry = _raffle_entry(owner, raffle, tickets=1, key="x")
    return f"entry={entry} tickets=1"


@breaks("rewards.proof.sponsors_hold_what_their_prizes_are_worth")
def a_prize_without_its_money(owner: Owner) -> str:
    raffle = _raffle(owner, "FUNDED", sponsor="(SELECT MIN(id) FROM advertisers_advertiser)")
    return f"raffle={raffle} state=FUNDED promised=300"


@breaks("campaigns.proof.missions_brought_their_entries")
def an_entry_that_nobody_earned(owner: Owner) -> str:
    key = "participation:00000000-0000-0000-0000-000000000000"
    entry = _raffle_entry(owner, _raffle(owner, "DRAFT"), tickets=0, key=key)
    return f"participation= entry={entry}"


@breaks("rewards.proof.gifts_were_given_once")
def an_attendance_that_brought_nothing(owner: Owner) -> str:
    member, on = owner.change("""
        INSERT INTO rewards_attendance (member_id, attended_on, streak, freezes, used, tickets, entry_id, at)
        SELECT (SELECT MIN(id) FROM rewards_member), '2000-01-01', 1, 0, 0, 7,
               (SELECT MIN(id) FROM credits_entry WHERE kind = 'TICKET_GRANT'), now() RETURNING member_id, attended_on
    """)
    (number,) = owner.look(f"SELECT public_id FROM rewards_member WHERE id = {member}")
    return f"gift=attendance:{number}:{on} tickets=7 granted=None"


@breaks("campaigns.proof.goodwill_was_paid_once")
def goodwill_that_nobody_paid(owner: Owner) -> str:
    (participation,) = owner.change("""
        INSERT INTO campaigns_rewardclaim (public_id, participation, attempt, campaign_id, member_id, decision, words, tickets, entry_id,
                                           story, at)
        SELECT gen_random_uuid(), gen_random_uuid(), 1, (SELECT MIN(id) FROM campaigns_campaign), 1, 'GOODWILL', '', 7,
               (SELECT MIN(id) FROM credits_entry WHERE kind = 'TICKET_GRANT'), '', now() RETURNING participation
    """)
    return f"participation={participation} tickets=7 granted=None"


@breaks("rewards.proof.gifticon_orders_were_paid_once")
def a_gifticon_order_that_nobody_paid(owner: Owner) -> str:
    tr_id = _gifticon_order(owner, state="HELD")
    return f"tr_id={tr_id} tickets=1"


@breaks("rewards.proof.gifticon_orders_were_paid_once")
def a_gifticon_that_failed_and_kept_its_tickets(owner: Owner) -> str:
    tr_id = _gifticon_order(owner, state="FAILED")
    return f"tr_id={tr_id} tickets=1"


@breaks("rewards.proof.offerwall_rewards_were_paid_once")
def an_offerwall_reward_for_more_than_was_paid(owner: Owner) -> str:
    """It names an entry that paid somebody for something else."""
    transaction, tickets = owner.change(
        "INSERT INTO rewards_offerwallreward (public_id, network, transaction, member_id, tickets, campaign, is_signed, state, why, "
        "entry_id, received_at, reason) SELECT gen_random_uuid(), 'adpopcorn', 'x', 1, 1, '', true, 'PAID', '', id, now(), '' "
        "FROM credits_entry WHERE kind = 'TICKET_GRANT' ORDER BY id LIMIT 1 RETURNING transaction, tickets"
    )
    return f"transaction={transaction} tickets={tickets}"


@breaks("rewards.proof.gifticon_deposit_is_what_was_issued")
def a_deposit_that_shrank_by_itself(owner: Owner) -> str:
    owner.change(
        "INSERT INTO rewards_gifticonfloat (balance_krw, expected_krw, open_krw, read_at) "
        "VALUES (90, 100, 0, now() + interval '1 day') RETURNING id"
    )
    return "balance_krw=90 expected_krw=100 open_krw=0"


def _gifticon_order(owner: Owner, *, state: str) -> str:
    """Of a member who paid no tickets for it."""
    (brand,) = owner.change("INSERT INTO rewards_gifticonbrand (code, name, category, icon_url) VALUES ('x', 'x', '', '') RETURNING id")
    (item,) = owner.change(f"""
        INSERT INTO rewards_gifticon (brand_id, public_id, code, name, notice, image_url, face_krw, cost_krw, valid_days, is_voucher,
                                      is_sold, is_shown, imported_at)
        VALUES ({brand}, gen_random_uuid(), 'x', 'x', '', '', 10, 9, 1, false, true, true, now()) RETURNING id
    """)
    (tr_id,) = owner.change(f"""
        INSERT INTO rewards_gifticonorder (public_id, gifticon_id, member_id, tickets, key, tr_id, value_krw, cost_krw, state, why,
                                           sealed_pin, resends, ordered_at, closed_at)
        VALUES (gen_random_uuid(), {item}, 1, 1, 'x', 'x', 10, 9, '{state}', '', '', 0, now(),
                CASE WHEN '{state}' = 'FAILED' THEN now() END) RETURNING tr_id
    """)
    return str(tr_id)


def _raffle(owner: Owner, state: str, *, sponsor: str = "NULL") -> int:
    (raffle,) = owner.change(f"""
        INSERT INTO rewards_raffle (public_id, title, body, prizes, tickets_per_entry, entries_per_member, reserves, opens_at, closes_at,
                                    draws_at, state, void_reason, sealed_seed, sealed_salt, funded_krw, numbers, root, created_at,
                                    sponsor_id)
        VALUES (gen_random_uuid(), 'x', '', '[{{"name": "x", "quantity": 1, "value_krw": 300}}]', 1, 1, 0, now(), now() + interval '1 h',
                now() + interval '2 h', '{state}', '', '', '', 0, 0, '', now(), {sponsor}) RETURNING id
    """)
    return int(raffle)


def _raffle_entry(owner: Owner, raffle: int, *, tickets: int, key: str) -> str:
    (entry,) = owner.change(
        "INSERT INTO rewards_raffleentry (public_id, raffle_id, member_id, chances, tickets, key, entered_at) "
        f"VALUES (gen_random_uuid(), {raffle}, 1, 1, {tickets}, '{key}', now()) RETURNING public_id"
    )
    return str(entry)


# ---- looking whether the proof sees it ---------------------------------------------------------------------------------


def _linked(table: str) -> AuditLink:
    """The newest link over an audit table, after linking what it has."""
    key = audit_chain.tables()[table]
    newest = audit_chain.newest(table, key)
    audit_chain.link_table(table, key, until=newest, at=timezone.now())
    link = AuditLink.objects.filter(table=table).order_by("-pk").first()
    if link is None:
        raise NothingToBreak(table)
    return link


def unnoticed(chosen: list[Breakage] | None = None) -> Iterator[str]:
    """
    Break the books that Django is connected to in every way (or those chosen), prove, and undo it; a sentence for each way that the
    proof did not see, or for which it did not name the row, or that found no row to break. Nothing stays.
    """
    for breakage in BREAKAGES if chosen is None else chosen:
        with transaction.atomic():
            if complaint := _complaint(breakage):
                yield f"{breakage.name}: {complaint}"
            transaction.set_rollback(True)


def _complaint(breakage: Breakage) -> str:
    try:
        row = breakage.do(connection)
    except NothingToBreak:
        return "the books have no such row"
    code, found = _prove(breakage.check)
    if code == 0:
        return "verify_ledger saw nothing"
    return "" if any(row in line for line in found) else f"{breakage.check} did not say {row}, but {found[:3]}"


def _prove(check: str) -> tuple[int, list[str]]:
    """The exit code of `verify_ledger`, and the rows it printed under one search."""
    said = StringIO()
    searches = [found for found in proof.invariants() if f"{found.check.__module__}.{found.check.__qualname__}" == check]
    try:
        call_command("verify_ledger", "--dry-run", settled=any(found.when_settled for found in searches), stdout=said)
    except CommandError as red:
        code = red.returncode
    else:
        code = 0
    sentences = {found.sentence for found in searches}
    rows: list[str] = []
    inside = False
    for line in said.getvalue().splitlines():
        if line.startswith("  "):
            rows += [line.strip()] if inside else []
        else:
            inside = line.startswith("FAIL") and any(f" {sentence} " in line for sentence in sentences)
    return code, rows


# ---- rows --------------------------------------------------------------------------------------------------------------


def _line(kind: str) -> str:
    """Query: the line of the first top-up on an account of this kind (a LIKE pattern)."""
    return (
        "SELECT p.id FROM credits_posting p JOIN credits_account a ON a.id = p.account_id JOIN credits_entry e ON e.id = p.entry_id "
        f"WHERE e.kind = 'TOP_UP' AND a.kind LIKE '{kind}' ORDER BY p.id LIMIT 1"
    )


def _account(kind: str) -> str:
    """Query: the first account of this kind that something was posted to."""
    return (
        "SELECT a.id FROM credits_account a "
        f"WHERE a.kind = '{kind}' AND EXISTS (SELECT 1 FROM credits_posting p WHERE p.account_id = a.id) ORDER BY a.id LIMIT 1"
    )


def _another_than(column: str) -> str:
    """Query: an advertiser other than the one in this column."""
    return f"SELECT id FROM advertisers_advertiser other WHERE other.id <> {column} ORDER BY id LIMIT 1"


def _credited_order(such: str = "") -> str:
    """Query: a credited order about which nobody is asked. such: what else holds of it."""
    return (
        "SELECT o.id FROM payments_paymentorder o WHERE o.credited_at IS NOT NULL AND NOT EXISTS "
        f"(SELECT 1 FROM payments_reconciliationitem i WHERE i.order_id = o.id AND i.state = 'OPEN') {such} ORDER BY o.id LIMIT 1"
    )


_PAID_AT_ONCE = (
    "SELECT q.public_id FROM campaigns_participation q WHERE q.state = 'REWARDED' AND q.type = 'VISIT' AND NOT EXISTS "
    "(SELECT 1 FROM campaigns_earnedstep s WHERE s.participation = q.public_id) ORDER BY q.public_id LIMIT 1"
)


def _bare_entry(owner: Owner, kind: str, *, order_id: str) -> tuple[Any, ...]:
    """Insert an entry without lines, booked when the last one was; its primary key and day."""
    return owner.change(
        f"INSERT INTO {ENTRY} SELECT '{kind}', 'forged', '', '{order_id}', '', occurred_at, booked_at, booked_on, '', '' "
        "FROM credits_entry ORDER BY id DESC LIMIT 1 RETURNING id, booked_on"
    )


def _forge_the_first_top_up(owner: Owner) -> int:
    """Give it the number of an order that never was; its primary key."""
    (entry,) = owner.change(
        "UPDATE credits_entry SET order_id = 'FORGED' WHERE id = (SELECT MIN(id) FROM credits_entry WHERE kind = 'TOP_UP') RETURNING id"
    )
    return int(entry)


def _change_a_slot(owner: Owner, assignment: str) -> tuple[Any, ...]:
    """Change the first slot that somebody finished in: campaign, day, slot, allowance."""
    return owner.change(
        f"UPDATE campaigns_budgetslot SET {assignment} "
        "WHERE ctid = (SELECT ctid FROM campaigns_budgetslot WHERE confirmed > 0 ORDER BY campaign_id, day_on, slot LIMIT 1) "
        "RETURNING campaign_id, day_on, slot, allowance"
    )


def _balanced_trigger(owner: Owner) -> str:
    (name,) = owner.look("SELECT tgname FROM pg_trigger WHERE tgname LIKE 'pgtrigger_balanced%'")
    return str(name)
