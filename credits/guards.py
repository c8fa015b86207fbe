"""What the database itself refuses, whoever asks: entries that do not balance, second postings, bookings into closed days."""

import pgtrigger

from common.guards import Guard

DAY_LOCKS = 7_201  # class of the advisory locks on a KST day: shared while it is booked, exclusive while it is closed

# One look at all rows of the statement (the transition table), so an entry's lines must come in one INSERT.
BALANCED = Guard(
    name="balanced",
    level=pgtrigger.Statement,
    when=pgtrigger.After,
    operation=pgtrigger.Insert,
    referencing=pgtrigger.Referencing(new="written"),  # type: ignore[no-untyped-call]
    declare=[("wrong", "bigint")],
    func="""
    SELECT w.entry_id INTO wrong FROM written w JOIN credits_account a ON a.id = w.account_id
     GROUP BY w.entry_id, a.unit HAVING SUM(w.amount) <> 0 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'entry % does not sum to zero', wrong USING ERRCODE = 'BS004';
    END IF;
    SELECT w.entry_id INTO wrong FROM (SELECT entry_id, COUNT(*) AS lines FROM written GROUP BY entry_id) w
     WHERE w.lines <> (SELECT COUNT(*) FROM credits_posting p WHERE p.entry_id = w.entry_id) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'entry % was posted before', wrong USING ERRCODE = 'BS005';
    END IF;
    SELECT w.entry_id INTO wrong FROM written w JOIN credits_account a ON a.id = w.account_id
     WHERE (a.balance IS NULL) <> (w.balance_after IS NULL) OR (a.advertiser_id IS NOT NULL AND w.lot_id IS NULL) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'entry % has a line without its balance or lot', wrong USING ERRCODE = 'BS006';
    END IF;
    RETURN NULL;
    """,
)

# The shared lock makes the closing of a day wait for bookings that are under way, and bookings wait for the closing.
OPEN_DAY = Guard(
    name="open_day",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert,
    func="""
    PERFORM pg_advisory_xact_lock_shared(7201, NEW.booked_on - DATE '2000-01-01');
    IF EXISTS (SELECT 1 FROM credits_daydigest WHERE day_on >= NEW.booked_on) THEN
        RAISE EXCEPTION 'the day % is closed', NEW.booked_on USING ERRCODE = 'BS007';
    END IF;
    RETURN NEW;
    """,
)
