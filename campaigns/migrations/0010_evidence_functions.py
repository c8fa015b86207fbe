"""
Taking part in more than one breath: what a member sends in, what a person decides, what a postback tells. Functions of the
database beside those of 0003, with the same lock order: campaign (only where a unit goes back), participation, member wallet,
slot last. They are given every moment and answer with a code.
"""

from django.db import migrations

KEEP_EVIDENCE = """
CREATE FUNCTION campaigns_keep_evidence(p campaigns_participation, p_evidence jsonb, p_verdict text, p_at timestamptz) RETURNS void
LANGUAGE sql AS $$
  -- One row of evidence and one per doubt. p_evidence: kind, data, file, digest, look, doubts ({code: penalty}).
  INSERT INTO campaigns_evidence (public_id, participation, campaign_id, member_id, period_on, attempt, kind, data, file, digest, look,
                                  verdict, at, reason)
    VALUES (gen_random_uuid(), p.public_id, p.campaign_id, p.member_id, p.period_on, p.attempt, p_evidence->>'kind', p_evidence->'data',
            coalesce(p_evidence->>'file', ''), coalesce(p_evidence->>'digest', ''), coalesce(p_evidence->>'look', ''), p_verdict, p_at, '');
  INSERT INTO campaigns_fraudsignal (participation, campaign_id, member_id, attempt, code, penalty, at)
    SELECT p.public_id, p.campaign_id, p.member_id, p.attempt, d.key, d.value::int, p_at
      FROM jsonb_each_text(p_evidence->'doubts') d WHERE p_verdict <> 'FAILED' ON CONFLICT DO NOTHING;
$$;
"""

REWARD = """
CREATE FUNCTION campaigns_reward(p campaigns_participation, p_at timestamptz) RETURNS campaigns_participation
LANGUAGE plpgsql AS $$
-- Confirms a participation that the caller locked: tickets granted in the ledger, its price counted on its slot.
DECLARE
  v_entry bigint;
BEGIN
  SELECT credits_move_tickets(p.member_id, p.tickets, 'ISSUED', 'TICKET_GRANT', 'participation:' || p.public_id || ':grant', p_at, '', k.title)
    INTO v_entry FROM campaigns_campaign k WHERE k.id = p.campaign_id;
  UPDATE campaigns_participation q SET state = 'REWARDED', confirmed_at = p_at, grant_entry_id = v_entry
   WHERE q.member_id = p.member_id AND q.campaign_id = p.campaign_id AND q.period_on = p.period_on
  RETURNING q.* INTO p;
  UPDATE campaigns_budgetslot s SET confirmed = s.confirmed + 1, confirmed_credits = s.confirmed_credits + p.price
   WHERE s.campaign_id = p.campaign_id AND s.day_on = p.charged_on AND s.slot = p.slot;
  IF NOT FOUND THEN RAISE EXCEPTION 'participation % has no slot', p.public_id; END IF;
  RETURN p;
END $$;
"""

REFUSE = """
CREATE FUNCTION campaigns_refuse(p campaigns_participation) RETURNS campaigns_participation LANGUAGE plpgsql AS $$
-- Ends a participation that the caller locked, with its campaign, without a ticket, and gives its unit back: on a closed day the unit
-- leaves that day and joins today's first slot within the cap, as in campaigns_expire.
DECLARE
  c record;
  v_open boolean;
BEGIN
  SELECT k.id, k.state, k.poured_on, k.daily_cap_credits / k.unit_price AS units_per_day INTO c
    FROM campaigns_campaign k WHERE k.id = p.campaign_id;
  v_open := c.state IN ('RUNNING', 'PAUSED') AND p.charged_on >= c.poured_on;
  UPDATE campaigns_participation q SET state = 'REFUSED'
   WHERE q.member_id = p.member_id AND q.campaign_id = p.campaign_id AND q.period_on = p.period_on
  RETURNING q.* INTO p;
  UPDATE campaigns_budgetslot s SET returned = s.returned + 1, allowance = s.allowance - CASE WHEN v_open THEN 0 ELSE 1 END
   WHERE s.campaign_id = p.campaign_id AND s.day_on = p.charged_on AND s.slot = p.slot;
  IF NOT v_open AND c.state IN ('RUNNING', 'PAUSED') THEN
    UPDATE campaigns_budgetslot s SET allowance = s.allowance + 1
     WHERE s.campaign_id = p.campaign_id AND s.day_on = c.poured_on AND s.slot = 0
       AND c.units_per_day > (SELECT sum(t.allowance) FROM campaigns_budgetslot t
                               WHERE t.campaign_id = p.campaign_id AND t.day_on = c.poured_on);
  END IF;
  RETURN p;
END $$;
"""

SUBMIT = """
CREATE FUNCTION campaigns_submit(p_campaign uuid, p_member bigint, p_token_at timestamptz, p_public_id uuid, p_period date,
                                 p_attempt int, p_device text, p_evidence jsonb, p_verdict text, p_tries int, p_score int,
                                 p_at timestamptz,
                                 OUT code text, OUT tries_left int, OUT answer campaigns_participation) LANGUAGE plpgsql AS $$
-- Takes what a member sends in. p_verdict: PASSED, FAILED (one of p_tries is used up), WAITING (a person decides) or DOUBTED
-- (enough, but it waits in quarantine).
DECLARE
  r record;
BEGIN
  IF p_verdict = 'FAILED' THEN PERFORM 1 FROM campaigns_campaign k WHERE k.public_id = p_campaign FOR UPDATE; END IF;
  SELECT f.* INTO r
    FROM campaigns_lock_started(p_campaign, p_member, p_token_at, p_public_id, p_period, p_attempt, p_device, p_at) f;
  code := r.code; answer := r.answer;
  IF code <> '' THEN RETURN; END IF;
  PERFORM campaigns_keep_evidence(answer, p_evidence, CASE p_verdict WHEN 'DOUBTED' THEN 'PASSED' ELSE p_verdict END, p_at);
  IF p_verdict = 'FAILED' THEN
    SELECT p_tries - count(*) INTO tries_left FROM campaigns_evidence e WHERE e.participation = answer.public_id AND e.verdict = 'FAILED';
    IF tries_left > 0 THEN code := 'WRONG'; RETURN; END IF;
    answer := campaigns_refuse(answer);
    code := 'REFUSED';
    RETURN;
  END IF;
  UPDATE campaigns_participation p
     SET score = p_score, state = CASE p_verdict WHEN 'WAITING' THEN 'CHECKING' WHEN 'DOUBTED' THEN 'QUARANTINED' ELSE p.state END
   WHERE p.member_id = answer.member_id AND p.campaign_id = answer.campaign_id AND p.period_on = answer.period_on
  RETURNING p.* INTO answer;
  code := 'CHECKING';
  IF p_verdict = 'PASSED' THEN answer := campaigns_reward(answer, p_at); code := 'CONFIRMED'; END IF;
END $$;
"""

CONVERT = """
CREATE FUNCTION campaigns_convert(p_campaign bigint, p_public_id uuid, p_attempt int, p_evidence jsonb, p_score int,
                                  p_is_doubted boolean, p_at timestamptz,
                                  OUT code text, OUT answer campaigns_participation) LANGUAGE plpgsql AS $$
-- Takes what a checked postback tells of a click. Whoever tells it again finds the participation finished.
BEGIN
  SELECT p.* INTO answer FROM campaigns_participation p WHERE p.public_id = p_public_id AND p.campaign_id = p_campaign FOR UPDATE;
  code := CASE WHEN NOT FOUND OR answer.opened_at IS NULL THEN 'UNKNOWN'
               WHEN answer.state NOT IN ('STARTED', 'EXPIRED') THEN 'USED'
               WHEN answer.state = 'EXPIRED' OR answer.attempt <> p_attempt OR answer.expires_at <= p_at THEN 'LATE'
               ELSE '' END;
  IF code <> '' THEN RETURN; END IF;
  PERFORM campaigns_keep_evidence(answer, p_evidence, 'PASSED', p_at);
  UPDATE campaigns_participation p SET score = p_score, state = CASE WHEN p_is_doubted THEN 'QUARANTINED' ELSE p.state END
   WHERE p.member_id = answer.member_id AND p.campaign_id = answer.campaign_id AND p.period_on = answer.period_on
  RETURNING p.* INTO answer;
  code := 'HELD';
  IF NOT p_is_doubted THEN answer := campaigns_reward(answer, p_at); code := 'CONFIRMED'; END IF;
END $$;
"""

DECIDE = """
CREATE FUNCTION campaigns_decide(p_campaign bigint, p_public_id uuid, p_is_fine boolean, p_at timestamptz,
                                 OUT code text, OUT answer campaigns_participation) LANGUAGE plpgsql AS $$
-- Ends a participation that waits for a person: rewarded, or refused with its unit given back. Decided once; later calls change nothing.
BEGIN
  IF NOT p_is_fine THEN PERFORM 1 FROM campaigns_campaign k WHERE k.id = p_campaign FOR UPDATE; END IF;
  SELECT p.* INTO answer FROM campaigns_participation p WHERE p.public_id = p_public_id AND p.campaign_id = p_campaign FOR UPDATE;
  IF NOT FOUND OR answer.state NOT IN ('CHECKING', 'QUARANTINED') THEN code := 'NOT_WAITING'; RETURN; END IF;
  IF p_is_fine THEN
    answer := campaigns_reward(answer, p_at);
  ELSE
    answer := campaigns_refuse(answer);
  END IF;
  code := answer.state;
END $$;
"""

FUNCTIONS = (
    ("campaigns_keep_evidence(campaigns_participation, jsonb, text, timestamptz)", KEEP_EVIDENCE),
    ("campaigns_reward(campaigns_participation, timestamptz)", REWARD),
    ("campaigns_refuse(campaigns_participation)", REFUSE),
    ("campaigns_submit(uuid, bigint, timestamptz, uuid, date, int, text, jsonb, text, int, int, timestamptz)", SUBMIT),
    ("campaigns_convert(bigint, uuid, int, jsonb, int, boolean, timestamptz)", CONVERT),
    ("campaigns_decide(bigint, uuid, boolean, timestamptz)", DECIDE),
)


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0009_evidence")]

    operations = [migrations.RunSQL(body, f"DROP FUNCTION {signature}") for signature, body in FUNCTIONS]
