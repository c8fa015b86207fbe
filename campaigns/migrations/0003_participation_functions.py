"""
Taking part, as functions of the database: one call per start, open and confirm, so that no round trip is made while the row of
the day's units is locked. Lock order inside: participation, member wallet, slot last; one slot per transaction.

Functions are given every moment (`p_at`) and never read the clock. They answer with a code; only what must undo an insert is
raised: BC001 the slot has no room (the service tries another slot in a new transaction).
"""

from django.db import migrations

KEEP_PARTITIONS = """
CREATE FUNCTION campaigns_keep_partitions(p_on date, p_months int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
-- Makes the monthly partitions from the month of p_on on, p_months of them; answers how many were missing.
DECLARE
  v_from date := date_trunc('month', p_on)::date;
  v_made int := 0;
  v_name text;
BEGIN
  FOR i IN 1..p_months LOOP
    v_name := 'campaigns_participation_' || to_char(v_from, 'YYYYMM');
    IF to_regclass(v_name) IS NULL THEN
      PERFORM pg_advisory_xact_lock(hashtext('campaigns_keep_partitions'));
      IF to_regclass(v_name) IS NULL THEN
        EXECUTE format('CREATE TABLE %I PARTITION OF campaigns_participation FOR VALUES FROM (%L) TO (%L) WITH (fillfactor = 80)',
                       v_name, v_from, (v_from + interval '1 month')::date);
        v_made := v_made + 1;
      END IF;
    END IF;
    v_from := (v_from + interval '1 month')::date;
  END LOOP;
  RETURN v_made;
END $$;
"""

MEMBER_PROBLEM = """
CREATE FUNCTION campaigns_member_problem(p_member bigint, p_token_at timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
  -- '' when the member may act with a token issued at p_token_at. Tokens know whole seconds only.
  SELECT coalesce((SELECT CASE WHEN NOT m.is_active THEN 'NO_MEMBER'
                               WHEN date_trunc('second', m.tokens_valid_from) > p_token_at THEN 'TOKEN_OLD' ELSE '' END
                     FROM rewards_member m WHERE m.id = p_member), 'NO_MEMBER')
$$;
"""

START = """
CREATE FUNCTION campaigns_start(p_campaign uuid, p_member bigint, p_member_key text, p_token_at timestamptz, p_public_id uuid,
                                p_device text, p_slot int, p_at timestamptz,
                                OUT code text, OUT answer campaigns_participation) LANGUAGE plpgsql AS $$
-- Takes one unit of today's budget for a member. p_slot: null for the member's own slot.
DECLARE
  c record;
  m record;
  v_on date := (p_at AT TIME ZONE 'Asia/Seoul')::date;
  v_period date;
  v_slot int;
BEGIN
  SELECT w.is_active, date_trunc('second', w.tokens_valid_from) > p_token_at AS token_is_old, w.person_hash INTO m
    FROM rewards_member w WHERE w.id = p_member;
  IF m.is_active IS NOT TRUE THEN code := 'NO_MEMBER'; RETURN; END IF;
  IF m.token_is_old THEN code := 'TOKEN_OLD'; RETURN; END IF;

  SELECT k.*, a.is_active AND a.restricted_reason = '' AS account_is_fine INTO c
    FROM campaigns_campaign k JOIN advertisers_advertiser a ON a.id = k.advertiser_id WHERE k.public_id = p_campaign;
  IF NOT FOUND THEN code := 'NO_CAMPAIGN'; RETURN; END IF;
  v_period := CASE WHEN c.is_daily THEN v_on ELSE (c.starts_at AT TIME ZONE 'Asia/Seoul')::date END;

  SELECT * INTO answer FROM campaigns_participation p
    WHERE p.member_id = p_member AND p.campaign_id = c.id AND p.period_on = v_period;
  IF answer.state = 'STARTED' AND answer.expires_at <= p_at THEN code := 'OVERDUE'; RETURN; END IF;
  IF answer.state <> 'EXPIRED' THEN code := 'ALREADY'; RETURN; END IF;

  IF c.state IN ('APPROVED', 'SCHEDULED') AND c.starts_at <= p_at THEN code := 'NOT_BEGUN'; RETURN; END IF;
  IF c.state <> 'RUNNING' OR c.is_locked OR NOT c.is_exposed OR NOT c.account_is_fine OR p_at < c.starts_at OR p_at >= c.ends_at
     OR p_at < coalesce(c.exposed_from, p_at) OR p_at >= coalesce(c.exposed_until, 'infinity') THEN code := 'CLOSED'; RETURN; END IF;
  IF c.poured_on IS NULL OR c.poured_on < v_on THEN code := 'NOT_POURED'; RETURN; END IF;

  v_slot := coalesce(p_slot, p_member % c.poured_slots);
  PERFORM 1 FROM campaigns_budgetslot s WHERE s.campaign_id = c.id AND s.day_on = v_on AND s.slot = v_slot
    AND s.allowance - s.taken + s.returned > 0;  -- a look without a lock: at sell-out it saves an insert and its undoing
  IF NOT FOUND THEN code := 'SLOT_EMPTY'; RETURN; END IF;

  INSERT INTO campaigns_participation AS p
      (member_id, campaign_id, period_on, public_id, person_key, type, state, attempt, charged_on, slot, price, tickets,
       dwell_seconds, device, started_at, expires_at, beats, score)
    VALUES (p_member, c.id, v_period, p_public_id, coalesce(nullif(m.person_hash, ''), p_member_key), c.type, 'STARTED', 1, v_on, v_slot, c.unit_price,
       c.reward_tickets, c.dwell_seconds, p_device, p_at, p_at + make_interval(secs => c.slot_life_seconds), 0, 0)
    ON CONFLICT DO NOTHING RETURNING p.* INTO answer;
  IF NOT FOUND THEN
    UPDATE campaigns_participation p
       SET state = 'STARTED', attempt = p.attempt + 1, charged_on = v_on, slot = v_slot, price = c.unit_price,
           tickets = c.reward_tickets, dwell_seconds = c.dwell_seconds, device = p_device, started_at = p_at,
           expires_at = p_at + make_interval(secs => c.slot_life_seconds), opened_at = NULL
     WHERE p.member_id = p_member AND p.campaign_id = c.id AND p.period_on = v_period AND p.state = 'EXPIRED'
    RETURNING p.* INTO answer;
    IF NOT FOUND THEN
      SELECT * INTO answer FROM campaigns_participation p
        WHERE p.member_id = p_member AND p.campaign_id = c.id AND p.period_on = v_period;
      code := CASE WHEN FOUND THEN 'ALREADY' ELSE 'SAME_PERSON' END;
      RETURN;
    END IF;
  END IF;

  UPDATE campaigns_budgetslot s SET taken = s.taken + 1
    WHERE s.campaign_id = c.id AND s.day_on = v_on AND s.slot = v_slot AND s.allowance - s.taken + s.returned > 0;
  IF NOT FOUND THEN RAISE EXCEPTION 'SLOT_EMPTY' USING ERRCODE = 'BC001'; END IF;
  code := 'STARTED';
END $$;
"""

LOCKED_FOR_MEMBER = """
CREATE FUNCTION campaigns_lock_started(p_campaign uuid, p_member bigint, p_token_at timestamptz, p_public_id uuid, p_period date,
                                       p_attempt int, p_device text, p_at timestamptz,
                                       OUT code text, OUT answer campaigns_participation) LANGUAGE plpgsql AS $$
-- Locks the participation a token speaks of; code '' when it is running and the token fits.
BEGIN
  code := campaigns_member_problem(p_member, p_token_at);
  IF code <> '' THEN RETURN; END IF;
  SELECT p.* INTO answer FROM campaigns_participation p JOIN campaigns_campaign k ON k.id = p.campaign_id
    WHERE p.member_id = p_member AND k.public_id = p_campaign AND p.period_on = p_period FOR UPDATE OF p;
  code := CASE WHEN NOT FOUND OR answer.public_id <> p_public_id THEN 'NO_PARTICIPATION'
               WHEN answer.state IN ('CONFIRMED', 'REWARDED') THEN 'DONE'
               WHEN answer.state = 'EXPIRED' OR answer.attempt <> p_attempt THEN 'EXPIRED'
               WHEN answer.state <> 'STARTED' THEN 'ALREADY'
               WHEN answer.expires_at <= p_at THEN 'EXPIRED'
               WHEN answer.device <> p_device THEN 'OTHER_DEVICE'
               ELSE '' END;
END $$;
"""

OPEN = """
CREATE FUNCTION campaigns_open(p_campaign uuid, p_member bigint, p_token_at timestamptz, p_public_id uuid, p_period date,
                               p_attempt int, p_device text, p_at timestamptz,
                               OUT code text, OUT landing_url text, OUT answer campaigns_participation) LANGUAGE plpgsql AS $$
-- Stamps the moment the member leaves for the landing page; opening again starts the stay again.
DECLARE
  r record;
BEGIN
  SELECT f.* INTO r
    FROM campaigns_lock_started(p_campaign, p_member, p_token_at, p_public_id, p_period, p_attempt, p_device, p_at) f;
  code := r.code; answer := r.answer;
  IF code <> '' THEN RETURN; END IF;
  UPDATE campaigns_participation p SET opened_at = p_at
    WHERE p.member_id = answer.member_id AND p.campaign_id = answer.campaign_id AND p.period_on = answer.period_on
    RETURNING p.* INTO answer;
  SELECT k.landing_url INTO landing_url FROM campaigns_campaign k WHERE k.id = answer.campaign_id;
  code := 'OPENED';
END $$;
"""

CONFIRM = """
CREATE FUNCTION campaigns_confirm(p_campaign uuid, p_member bigint, p_token_at timestamptz, p_public_id uuid, p_period date,
                                  p_attempt int, p_device text, p_beats int, p_score int, p_at timestamptz,
                                  OUT code text, OUT missing_seconds int, OUT answer campaigns_participation) LANGUAGE plpgsql AS $$
-- Ends a participation that stayed long enough: confirmed, tickets granted in the ledger, its price counted on its slot.
DECLARE
  r record;
  v_entry bigint;
BEGIN
  SELECT f.* INTO r
    FROM campaigns_lock_started(p_campaign, p_member, p_token_at, p_public_id, p_period, p_attempt, p_device, p_at) f;
  code := r.code; answer := r.answer;
  IF code <> '' THEN RETURN; END IF;
  IF answer.dwell_seconds > 0 AND answer.opened_at IS NULL THEN code := 'NOT_OPENED'; RETURN; END IF;
  missing_seconds := ceil(answer.dwell_seconds - extract(epoch FROM p_at - coalesce(answer.opened_at, answer.started_at)));
  IF missing_seconds > 0 THEN code := 'TOO_SHORT'; RETURN; END IF;

  SELECT credits_move_tickets(p_member, answer.tickets, 'ISSUED', 'TICKET_GRANT', 'participation:' || answer.public_id || ':grant',
                              p_at, '', k.title) INTO v_entry
    FROM campaigns_campaign k WHERE k.id = answer.campaign_id;
  UPDATE campaigns_participation p
     SET state = 'REWARDED', confirmed_at = p_at, beats = p_beats, score = p_score, grant_entry_id = v_entry
   WHERE p.member_id = answer.member_id AND p.campaign_id = answer.campaign_id AND p.period_on = answer.period_on
  RETURNING p.* INTO answer;
  UPDATE campaigns_budgetslot s SET confirmed = s.confirmed + 1, confirmed_credits = s.confirmed_credits + answer.price
    WHERE s.campaign_id = answer.campaign_id AND s.day_on = answer.charged_on AND s.slot = answer.slot;
  IF NOT FOUND THEN RAISE EXCEPTION 'participation % has no slot', answer.public_id; END IF;
  code := 'CONFIRMED';
END $$;
"""

EXPIRE = """
CREATE FUNCTION campaigns_expire(p_campaign bigint, p_at timestamptz, p_limit int, p_member bigint) RETURNS int LANGUAGE plpgsql AS $$
-- Gives the units of overdue participations back to their slots; answers how many. p_member: null for everybody.
-- On a closed day the unit leaves that day (returned + 1, allowance - 1) and joins today's first slot within the cap.
DECLARE
  c record;
  v_open_from date;
  v_days date[];
  v_slots int[];
  v_counts bigint[];
  v_moved bigint := 0;
  v_total int := 0;
BEGIN
  SELECT k.*, k.daily_cap_credits / k.unit_price AS units_per_day INTO c FROM campaigns_campaign k WHERE k.id = p_campaign FOR UPDATE;
  IF NOT FOUND THEN RETURN 0; END IF;
  v_open_from := CASE WHEN c.state IN ('RUNNING', 'PAUSED') THEN coalesce(c.poured_on, '-infinity') ELSE 'infinity'::date END;

  WITH due AS (
    SELECT p.member_id, p.campaign_id, p.period_on FROM campaigns_participation p
     WHERE p.campaign_id = p_campaign AND p.state = 'STARTED' AND p.expires_at <= p_at AND (p_member IS NULL OR p.member_id = p_member)
     ORDER BY p.member_id, p.period_on LIMIT p_limit FOR UPDATE SKIP LOCKED
  ), gone AS (
    UPDATE campaigns_participation p SET state = 'EXPIRED' FROM due
     WHERE p.member_id = due.member_id AND p.campaign_id = due.campaign_id AND p.period_on = due.period_on
    RETURNING p.charged_on, p.slot
  ), per_slot AS (
    SELECT gone.charged_on, gone.slot, count(*) AS n FROM gone GROUP BY 1, 2
  )
  SELECT coalesce(array_agg(e.charged_on ORDER BY e.charged_on, e.slot), '{}'), array_agg(e.slot ORDER BY e.charged_on, e.slot),
         array_agg(e.n ORDER BY e.charged_on, e.slot) INTO v_days, v_slots, v_counts FROM per_slot e;

  FOR i IN 1..cardinality(v_days) LOOP
    v_total := v_total + v_counts[i];
    CONTINUE WHEN v_days[i] >= v_open_from;
    UPDATE campaigns_budgetslot s SET returned = s.returned + v_counts[i], allowance = s.allowance - v_counts[i]
      WHERE s.campaign_id = p_campaign AND s.day_on = v_days[i] AND s.slot = v_slots[i];
    v_moved := v_moved + v_counts[i];
  END LOOP;
  IF v_moved > 0 AND v_open_from < 'infinity' THEN
    UPDATE campaigns_budgetslot s
       SET allowance = s.allowance + greatest(0, least(v_moved, c.units_per_day - (SELECT sum(t.allowance) FROM campaigns_budgetslot t
                                                WHERE t.campaign_id = p_campaign AND t.day_on = c.poured_on)))
     WHERE s.campaign_id = p_campaign AND s.day_on = c.poured_on AND s.slot = 0;
  END IF;
  FOR i IN 1..cardinality(v_days) LOOP
    CONTINUE WHEN v_days[i] < v_open_from;
    UPDATE campaigns_budgetslot s SET returned = s.returned + v_counts[i]
      WHERE s.campaign_id = p_campaign AND s.day_on = v_days[i] AND s.slot = v_slots[i];
  END LOOP;
  RETURN v_total;
END $$;
"""


FUNCTIONS = (
    ("campaigns_keep_partitions(date, int)", KEEP_PARTITIONS),
    ("campaigns_member_problem(bigint, timestamptz)", MEMBER_PROBLEM),
    ("campaigns_start(uuid, bigint, text, timestamptz, uuid, text, int, timestamptz)", START),
    ("campaigns_lock_started(uuid, bigint, timestamptz, uuid, date, int, text, timestamptz)", LOCKED_FOR_MEMBER),
    ("campaigns_open(uuid, bigint, timestamptz, uuid, date, int, text, timestamptz)", OPEN),
    ("campaigns_confirm(uuid, bigint, timestamptz, uuid, date, int, text, int, int, timestamptz)", CONFIRM),
    ("campaigns_expire(bigint, timestamptz, int, bigint)", EXPIRE),
)


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0002_participation"), ("rewards", "0001_initial"), ("credits", "0002_functions")]

    operations = [
        *(migrations.RunSQL(body, f"DROP FUNCTION {signature}") for signature, body in FUNCTIONS),
        migrations.RunSQL("SELECT campaigns_keep_partitions(current_date, 4)", migrations.RunSQL.noop),
    ]
