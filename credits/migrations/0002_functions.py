"""
The SQL functions of the ledger.

credits_booking_moment: on which clock reading an entry is booked.   credits_move_tickets, credits_reverse_tickets: the one way
members' tickets move, callable from Python and from the functions of other apps. Refusals: BS001 too few (DETAIL = shortfall),
BS002 the key belongs to another movement, BS008 a call that makes no sense.
"""

from django.db import migrations

BOOKING_MOMENT = """
CREATE FUNCTION credits_booking_moment(p_now timestamptz) RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE
    v_moment timestamptz := p_now;
    v_day date;
    v_closed date;
BEGIN
    LOOP
        v_day := (v_moment AT TIME ZONE 'Asia/Seoul')::date;
        -- Closing a day takes this lock exclusively: it waits for us, and we never book into a day that is being closed.
        PERFORM pg_advisory_xact_lock_shared(7201, v_day - DATE '2000-01-01');
        SELECT MAX(day_on) INTO v_closed FROM credits_daydigest;
        EXIT WHEN v_closed IS NULL OR v_closed < v_day;
        v_moment := (v_closed + 1)::timestamp AT TIME ZONE 'Asia/Seoul';
    END LOOP;
    RETURN v_moment;
END $$;
"""

HOUSE_TICKETS = """
CREATE FUNCTION credits_house_tickets(p_kind text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_id bigint;
BEGIN
    IF p_kind NOT IN ('ISSUED', 'RAFFLE', 'EXCHANGED', 'EXPIRED', 'LOSS') THEN
        RAISE EXCEPTION 'no house account for tickets is called %', p_kind USING ERRCODE = 'BS008';
    END IF;
    LOOP
        SELECT id INTO v_id FROM credits_account
         WHERE advertiser_id IS NULL AND member_id IS NULL AND kind = p_kind AND unit = 'TICKET';
        IF FOUND THEN
            RETURN v_id;
        END IF;
        INSERT INTO credits_account (kind, unit) VALUES (p_kind, 'TICKET') ON CONFLICT DO NOTHING;
    END LOOP;
END $$;
"""

MOVE_TICKETS = """
CREATE FUNCTION credits_move_tickets(
    p_member_id bigint, p_amount bigint, p_house_kind text, p_entry_kind text, p_key text, p_at timestamptz, p_actor text, p_reason text
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_facts text := format('member=%s amount=%s house=%s', p_member_id, p_amount, p_house_kind);
    v_wallet bigint;
    v_balance bigint;
    v_entry credits_entry%ROWTYPE;
    v_house bigint;
    v_booked_at timestamptz;
    v_id bigint;
BEGIN
    IF p_amount IS NULL OR p_amount = 0 OR p_entry_kind NOT LIKE 'TICKET\\_%' THEN
        RAISE EXCEPTION 'a ticket movement of % as % makes no sense', p_amount, p_entry_kind USING ERRCODE = 'BS008';
    END IF;
    LOOP -- the lock comes first: key and balance are looked at under it
        SELECT id, balance INTO v_wallet, v_balance FROM credits_account
         WHERE member_id = p_member_id AND kind = 'WALLET' FOR UPDATE;
        EXIT WHEN FOUND;
        INSERT INTO credits_account (member_id, kind, unit, balance)
        VALUES (p_member_id, 'WALLET', 'TICKET', 0), (p_member_id, 'IN_EXCHANGE', 'TICKET', 0) ON CONFLICT DO NOTHING;
    END LOOP;
    SELECT * INTO v_entry FROM credits_entry WHERE idempotency_key = p_key;
    IF FOUND THEN
        IF v_entry.kind = p_entry_kind AND v_entry.movement = v_facts THEN
            RETURN v_entry.id;
        END IF;
        RAISE EXCEPTION 'the key % belongs to another movement', p_key USING ERRCODE = 'BS002';
    END IF;
    IF v_balance + p_amount < 0 THEN
        RAISE EXCEPTION 'too few tickets' USING ERRCODE = 'BS001', DETAIL = -(v_balance + p_amount);
    END IF;
    v_house := credits_house_tickets(p_house_kind);
    v_booked_at := credits_booking_moment(p_at);
    INSERT INTO credits_entry (kind, idempotency_key, movement, order_id, subject, occurred_at, booked_at, booked_on, actor, reason)
    VALUES (p_entry_kind, p_key, v_facts, '', '', p_at, v_booked_at, (v_booked_at AT TIME ZONE 'Asia/Seoul')::date, p_actor, p_reason)
    RETURNING id INTO v_id;
    UPDATE credits_account SET balance = balance + p_amount WHERE id = v_wallet;
    INSERT INTO credits_posting (entry_id, account_id, amount, balance_after)
    VALUES (v_id, v_wallet, p_amount, v_balance + p_amount), (v_id, v_house, -p_amount, NULL);
    RETURN v_id;
END $$;
"""

REVERSE_TICKETS = """
CREATE FUNCTION credits_reverse_tickets(p_entry_id bigint, p_key text, p_at timestamptz, p_actor text, p_reason text)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_facts text := format('reverses=%s', p_entry_id);
    v_wallet bigint;
    v_balance bigint;
    v_amount bigint;
    v_taken bigint;
    v_entry credits_entry%ROWTYPE;
    v_house bigint;
    v_booked_at timestamptz;
    v_id bigint;
BEGIN
    SELECT p.account_id, p.amount INTO v_wallet, v_amount
      FROM credits_posting p JOIN credits_account a ON a.id = p.account_id JOIN credits_entry e ON e.id = p.entry_id
     WHERE p.entry_id = p_entry_id AND a.kind = 'WALLET' AND e.kind IN ('TICKET_GRANT', 'TICKET_SPEND');
    IF NOT FOUND THEN
        RAISE EXCEPTION 'entry % moves no tickets that could be reversed', p_entry_id USING ERRCODE = 'BS008';
    END IF;
    SELECT balance INTO v_balance FROM credits_account WHERE id = v_wallet FOR UPDATE;
    SELECT * INTO v_entry FROM credits_entry WHERE idempotency_key = p_key;
    IF FOUND THEN
        IF v_entry.kind = 'TICKET_REVERSAL' AND v_entry.movement = v_facts THEN
            RETURN v_entry.id;
        END IF;
        RAISE EXCEPTION 'the key % belongs to another movement', p_key USING ERRCODE = 'BS002';
    END IF;
    SELECT p.account_id INTO v_house FROM credits_posting p WHERE p.entry_id = p_entry_id AND p.account_id <> v_wallet;
    v_taken := LEAST(v_amount, v_balance); -- of a grant what is there; a spend (below zero) comes back whole
    v_booked_at := credits_booking_moment(p_at);
    INSERT INTO credits_entry
        (kind, idempotency_key, movement, reverses_id, order_id, subject, occurred_at, booked_at, booked_on, actor, reason)
    VALUES ('TICKET_REVERSAL', p_key, v_facts, p_entry_id, '', '', p_at, v_booked_at,
            (v_booked_at AT TIME ZONE 'Asia/Seoul')::date, p_actor, p_reason)
    RETURNING id INTO v_id;
    UPDATE credits_account SET balance = balance - v_taken WHERE id = v_wallet;
    INSERT INTO credits_posting (entry_id, account_id, amount, balance_after)
    SELECT v_id, line.account_id, line.amount, line.balance_after
      FROM (VALUES (v_wallet, -v_taken, v_balance - v_taken), (v_house, v_amount, NULL),
                   (CASE WHEN v_taken < v_amount THEN credits_house_tickets('LOSS') END, v_taken - v_amount, NULL)
           ) AS line (account_id, amount, balance_after)
     WHERE line.amount <> 0;
    RETURN v_id;
END $$;
"""


def _function(create: str, signature: str) -> migrations.RunSQL:
    return migrations.RunSQL(create, f"DROP FUNCTION {signature}")


class Migration(migrations.Migration):
    dependencies = [("credits", "0001_initial")]
    operations = [
        _function(BOOKING_MOMENT, "credits_booking_moment(timestamptz)"),
        _function(HOUSE_TICKETS, "credits_house_tickets(text)"),
        _function(MOVE_TICKETS, "credits_move_tickets(bigint, bigint, text, text, text, timestamptz, text, text)"),
        _function(REVERSE_TICKETS, "credits_reverse_tickets(bigint, text, timestamptz, text, text)"),
    ]
