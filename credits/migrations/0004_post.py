"""
credits_post: everything one entry of CREDIT writes, in one call. The services have locked the wallet, looked up the key and decided;
this only writes what they say, as differences, so that the checks of the tables still hold if a caller were wrong.

p_entry: columns of credits_entry; its booked_at is our clock.   p_hold_label: with a name the entry places a new hold.
The lines are parallel arrays. p_accounts, p_houses: an owned account by its number, or one of the house by its kind.   p_columns: the
column of the line's lot that its amount goes to; empty for a lot that arrives whole. One line per account and lot, so the parts of
a hold follow from the `held` lines.
"""

from django.db import migrations

HOUSE_CREDITS = """
CREATE FUNCTION credits_house_credits(p_kind text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_id bigint;
BEGIN
    LOOP
        SELECT id INTO v_id FROM credits_account
         WHERE advertiser_id IS NULL AND member_id IS NULL AND kind = p_kind AND unit = 'CREDIT';
        IF FOUND THEN
            RETURN v_id;
        END IF;
        INSERT INTO credits_account (kind, unit) VALUES (p_kind, 'CREDIT') ON CONFLICT DO NOTHING;
    END LOOP;
END $$;
"""

POST = """
CREATE FUNCTION credits_post(
    p_entry jsonb, p_hold_label text, p_accounts bigint[], p_houses text[], p_lots bigint[], p_columns text[], p_amounts bigint[],
    p_balances bigint[], OUT entry_no bigint, OUT hold_no bigint, OUT booked timestamptz
) LANGUAGE plpgsql AS $$
DECLARE
    e credits_entry%ROWTYPE := jsonb_populate_record(NULL::credits_entry, p_entry);
    v_places boolean := e.kind IN ('HOLD', 'RAISE');
    v_releases boolean := e.kind = 'RELEASE';
    v_held bigint;
BEGIN
    hold_no := e.hold_id;
    IF p_hold_label IS NOT NULL OR hold_no IS NOT NULL THEN
        SELECT SUM(amount) INTO v_held FROM unnest(p_columns, p_amounts) AS line (col, amount) WHERE col = 'held';
    END IF;
    IF p_hold_label IS NOT NULL THEN
        INSERT INTO credits_hold (advertiser_id, subject, subject_label, placed, captured, released, placed_at)
        VALUES (e.advertiser_id, e.subject, p_hold_label, v_held, 0, 0, e.occurred_at) RETURNING id INTO hold_no;
    ELSIF v_places THEN
        UPDATE credits_hold SET placed = placed + v_held WHERE id = hold_no;
    ELSIF v_releases THEN
        UPDATE credits_hold SET released = released - v_held WHERE id = hold_no;
    ELSIF hold_no IS NOT NULL THEN -- a capture, or the reversal of one
        UPDATE credits_hold SET captured = captured - v_held WHERE id = hold_no;
    END IF;
    IF v_places THEN
        INSERT INTO credits_holdpart AS h (hold_id, lot_id, placed, captured, released)
        SELECT hold_no, lot, amount, 0, 0 FROM unnest(p_lots, p_columns, p_amounts) AS line (lot, col, amount) WHERE col = 'held'
            ON CONFLICT (hold_id, lot_id) DO UPDATE SET placed = h.placed + EXCLUDED.placed;
    ELSIF hold_no IS NOT NULL THEN
        UPDATE credits_holdpart h
           SET captured = h.captured - CASE WHEN v_releases THEN 0 ELSE line.amount END,
               released = h.released - CASE WHEN v_releases THEN line.amount ELSE 0 END
          FROM unnest(p_lots, p_columns, p_amounts) AS line (lot, col, amount)
         WHERE h.hold_id = hold_no AND h.lot_id = line.lot AND line.col = 'held';
    END IF;

    booked := credits_booking_moment(e.booked_at);
    INSERT INTO credits_entry (kind, idempotency_key, movement, advertiser_id, hold_id, reverses_id, order_id, subject, occurred_at,
                               booked_at, booked_on, actor, reason)
    VALUES (e.kind, e.idempotency_key, e.movement, e.advertiser_id, hold_no, e.reverses_id, e.order_id, e.subject, e.occurred_at,
            booked, (booked AT TIME ZONE 'Asia/Seoul')::date, e.actor, e.reason)
    RETURNING id INTO entry_no;
    UPDATE credits_account a SET balance = a.balance + d.amount
      FROM (SELECT account, SUM(amount) AS amount FROM unnest(p_accounts, p_amounts) AS line (account, amount) GROUP BY account) d
     WHERE a.id = d.account;
    UPDATE credits_lot l
       SET available = l.available + d.available, held = l.held + d.held, frozen = l.frozen + d.frozen,
           used = l.used + d.used, returned = l.returned + d.returned, expired = l.expired + d.expired
      FROM (SELECT lot,
                   SUM(CASE col WHEN 'available' THEN amount ELSE 0 END) AS available, SUM(CASE col WHEN 'held' THEN amount ELSE 0 END) AS held,
                   SUM(CASE col WHEN 'frozen' THEN amount ELSE 0 END) AS frozen, SUM(CASE col WHEN 'used' THEN amount ELSE 0 END) AS used,
                   SUM(CASE col WHEN 'returned' THEN amount ELSE 0 END) AS returned, SUM(CASE col WHEN 'expired' THEN amount ELSE 0 END) AS expired
              FROM unnest(p_lots, p_columns, p_amounts) AS line (lot, col, amount) WHERE col IS NOT NULL GROUP BY lot) d
     WHERE l.id = d.lot;
    INSERT INTO credits_posting (entry_id, account_id, lot_id, amount, balance_after)
    SELECT entry_no, COALESCE(account, credits_house_credits(house)), lot, amount, balance
      FROM unnest(p_accounts, p_houses, p_lots, p_amounts, p_balances) AS line (account, house, lot, amount, balance);
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("credits", "0003_credit_transaction")]
    operations = [
        migrations.RunSQL(HOUSE_CREDITS, "DROP FUNCTION credits_house_credits(text)"),
        migrations.RunSQL(POST, "DROP FUNCTION credits_post(jsonb, text, bigint[], text[], bigint[], text[], bigint[], bigint[])"),
    ]
