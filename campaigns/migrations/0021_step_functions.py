"""
Missions of several steps: each verified step gives its tickets and counts its part of the price, inside one unit that was taken at the
full price. Functions of the database beside those of 0010, with the same lock order: campaign (where a unit may go back), participation,
member wallet, slot last. What ends early keeps what was earned; without anything earned its unit goes back.
"""

from django.db import migrations

CLOSE = """
CREATE FUNCTION campaigns_close_steps(p campaigns_participation, p_credits bigint, p_tickets int, p_at timestamptz)
RETURNS campaigns_participation LANGUAGE plpgsql AS $$
-- Ends a participation that the caller locked: for what was earned, or refused with its unit given back when nothing was.
-- p_credits, p_tickets: of the step that ended it, not counted on the slot yet. The slot is written once in a transaction: a second time would
-- ask for its campaign, which others lock before the participation.
DECLARE
  v record;
BEGIN
  SELECT sum(e.credits) AS credits, sum(e.tickets) AS tickets, max(e.grant_entry_id) AS entry INTO v
    FROM campaigns_earnedstep e WHERE e.participation = p.public_id;
  IF v.credits IS NULL THEN RETURN campaigns_refuse(p); END IF;
  UPDATE campaigns_participation q
     SET state = 'REWARDED', confirmed_at = p_at, price = v.credits, tickets = v.tickets, grant_entry_id = v.entry
   WHERE q.member_id = p.member_id AND q.campaign_id = p.campaign_id AND q.period_on = p.period_on
  RETURNING q.* INTO p;
  UPDATE campaigns_budgetslot s
     SET confirmed = s.confirmed + 1, confirmed_credits = s.confirmed_credits + p_credits, step_tickets = s.step_tickets + p_tickets,
         part_credits = s.part_credits - v.credits + p_credits
   WHERE s.campaign_id = p.campaign_id AND s.day_on = p.charged_on AND s.slot = p.slot;
  IF NOT FOUND THEN RAISE EXCEPTION 'participation % has no slot', p.public_id; END IF;
  RETURN p;
END $$;
"""

GO_ON = """
CREATE FUNCTION campaigns_go_on(p campaigns_participation, p_step int, p_until timestamptz) RETURNS campaigns_participation LANGUAGE plpgsql AS $$
-- Lets a participation that the caller locked go on after p_step was decided: it waits as long as another step does.
BEGIN
  UPDATE campaigns_participation q
     SET expires_at = greatest(q.expires_at, p_until),
         state = CASE WHEN EXISTS (SELECT 1 FROM campaigns_evidence e
                                    WHERE e.participation = p.public_id AND e.verdict = 'WAITING' AND e.step <> p_step)
                      THEN 'CHECKING' ELSE 'STARTED' END
   WHERE q.member_id = p.member_id AND q.campaign_id = p.campaign_id AND q.period_on = p.period_on
  RETURNING q.* INTO p;
  RETURN p;
END $$;
"""

EARN = """
CREATE FUNCTION campaigns_earn_step(p campaigns_participation, p_step int, p_credits bigint, p_tickets int, p_steps int,
                                    p_until timestamptz, p_at timestamptz) RETURNS campaigns_participation LANGUAGE plpgsql AS $$
-- Gives the tickets of one step and counts its part of the price. The caller locked the participation. The last of p_steps ends it.
DECLARE
  v_entry bigint;
  v record;
BEGIN
  SELECT credits_move_tickets(p.member_id, p_tickets, 'ISSUED', 'TICKET_GRANT',
                              'participation:' || p.public_id || ':step:' || p_step || ':grant', p_at, '', k.title)
    INTO v_entry FROM campaigns_campaign k WHERE k.id = p.campaign_id;
  INSERT INTO campaigns_earnedstep (participation, campaign_id, member_id, step, credits, tickets, grant_entry_id, at)
    VALUES (p.public_id, p.campaign_id, p.member_id, p_step, p_credits, p_tickets, v_entry, p_at);
  SELECT count(*) AS n, sum(e.credits) AS credits INTO v FROM campaigns_earnedstep e WHERE e.participation = p.public_id;
  IF v.credits > p.price THEN RAISE EXCEPTION 'participation % would cost more than its unit', p.public_id; END IF;
  IF v.n >= p_steps THEN RETURN campaigns_close_steps(p, p_credits, p_tickets, p_at); END IF;
  UPDATE campaigns_budgetslot s
     SET confirmed_credits = s.confirmed_credits + p_credits, part_credits = s.part_credits + p_credits, step_tickets = s.step_tickets + p_tickets
   WHERE s.campaign_id = p.campaign_id AND s.day_on = p.charged_on AND s.slot = p.slot;
  IF NOT FOUND THEN RAISE EXCEPTION 'participation % has no slot', p.public_id; END IF;
  RETURN campaigns_go_on(p, p_step, p_until);
END $$;
"""

KEEP = """
CREATE FUNCTION campaigns_keep_step_evidence(p campaigns_participation, p_step int, p_evidence jsonb, p_verdict text, p_at timestamptz)
RETURNS void LANGUAGE sql AS $$
  -- As campaigns_keep_evidence, for one step.
  INSERT INTO campaigns_evidence (public_id, participation, campaign_id, member_id, period_on, attempt, step, kind, data, file, digest, look,
                                  verdict, at, reason)
    VALUES (gen_random_uuid(), p.public_id, p.campaign_id, p.member_id, p.period_on, p.attempt, p_step, p_evidence->>'kind',
            p_evidence->'data', coalesce(p_evidence->>'file', ''), coalesce(p_evidence->>'digest', ''), coalesce(p_evidence->>'look', ''),
            p_verdict, p_at, '');
  INSERT INTO campaigns_fraudsignal (participation, campaign_id, member_id, attempt, code, penalty, at)
    SELECT p.public_id, p.campaign_id, p.member_id, p.attempt, d.key, d.value::int, p_at
      FROM jsonb_each_text(p_evidence->'doubts') d WHERE p_verdict <> 'FAILED' ON CONFLICT DO NOTHING;
$$;
"""

SEND = """
CREATE FUNCTION campaigns_send_step(p_campaign uuid, p_member bigint, p_token_at timestamptz, p_public_id uuid, p_period date,
                                    p_attempt int, p_device text, p_step int, p_evidence jsonb, p_verdict text, p_tries int, p_score int,
                                    p_credits bigint, p_tickets int, p_steps int, p_until timestamptz, p_at timestamptz,
                                    OUT code text, OUT tries_left int, OUT answer campaigns_participation) LANGUAGE plpgsql AS $$
-- Takes what a member sends for one step. p_verdict: PASSED, FAILED (one of p_tries is used up) or WAITING (a person decides).
-- Pictures are looked at one after the other, as in campaigns_submit_picture; one serves one step only.
BEGIN
  IF p_evidence->>'digest' <> '' THEN PERFORM pg_advisory_xact_lock(hashtext('campaigns.pictures')); END IF;
  IF p_verdict = 'FAILED' THEN PERFORM 1 FROM campaigns_campaign k WHERE k.public_id = p_campaign FOR UPDATE; END IF;
  code := campaigns_member_problem(p_member, p_token_at);
  IF code <> '' THEN RETURN; END IF;
  SELECT p.* INTO answer FROM campaigns_participation p JOIN campaigns_campaign k ON k.id = p.campaign_id
    WHERE p.member_id = p_member AND k.public_id = p_campaign AND p.period_on = p_period FOR UPDATE OF p;
  code := CASE WHEN NOT FOUND OR answer.public_id <> p_public_id THEN 'NO_PARTICIPATION'
               WHEN answer.state = 'REWARDED' THEN 'DONE'
               WHEN answer.state = 'EXPIRED' OR answer.attempt <> p_attempt THEN 'EXPIRED'
               WHEN answer.state NOT IN ('STARTED', 'CHECKING') THEN 'ALREADY'
               WHEN answer.device <> p_device THEN 'OTHER_DEVICE'
               ELSE '' END;
  IF code <> '' THEN RETURN; END IF;
  IF EXISTS (SELECT 1 FROM campaigns_evidence e
              WHERE e.participation = p_public_id AND e.step = p_step AND e.verdict NOT IN ('FAILED', 'REFUSED')) THEN
    code := 'KNOWN';
    RETURN;
  END IF;
  IF answer.expires_at <= p_at THEN code := 'EXPIRED'; RETURN; END IF;
  IF p_evidence->>'digest' <> '' AND (
       campaigns_picture_is_used(p_public_id, p_evidence->>'digest', p_evidence->>'look')
       OR EXISTS (SELECT 1 FROM campaigns_evidence e WHERE e.participation = p_public_id AND e.step <> p_step
                     AND e.digest = p_evidence->>'digest' AND e.verdict NOT IN ('FAILED', 'REFUSED'))) THEN
    INSERT INTO campaigns_fraudsignal (participation, campaign_id, member_id, attempt, code, penalty, at)
      VALUES (answer.public_id, answer.campaign_id, answer.member_id, answer.attempt, 'upload.seen', 0, p_at) ON CONFLICT DO NOTHING;
    code := 'SEEN';
    RETURN;
  END IF;
  SELECT p_tries - count(*) INTO tries_left FROM campaigns_evidence e
   WHERE e.participation = p_public_id AND e.step = p_step AND e.verdict IN ('FAILED', 'REFUSED');
  IF tries_left <= 0 THEN code := 'REFUSED'; RETURN; END IF;
  PERFORM campaigns_keep_step_evidence(answer, p_step, p_evidence, p_verdict, p_at);
  IF p_verdict = 'FAILED' THEN
    tries_left := tries_left - 1;
    code := CASE WHEN tries_left > 0 THEN 'WRONG' ELSE 'REFUSED' END;
    IF tries_left <= 0 AND answer.state = 'STARTED' THEN answer := campaigns_close_steps(answer, 0, 0, p_at); END IF;
    RETURN;
  END IF;
  UPDATE campaigns_participation p SET score = p_score, state = CASE p_verdict WHEN 'WAITING' THEN 'CHECKING' ELSE p.state END
   WHERE p.member_id = answer.member_id AND p.campaign_id = answer.campaign_id AND p.period_on = answer.period_on
  RETURNING p.* INTO answer;
  code := 'SENT';
  IF p_verdict = 'PASSED' THEN
    answer := campaigns_earn_step(answer, p_step, p_credits, p_tickets, p_steps, p_until, p_at);
    code := 'EARNED';
  END IF;
END $$;
"""

DECIDE = """
CREATE FUNCTION campaigns_decide_step(p_campaign bigint, p_public_id uuid, p_step int, p_is_fine boolean, p_tries int, p_credits bigint,
                                      p_tickets int, p_steps int, p_until timestamptz, p_at timestamptz,
                                      OUT code text, OUT answer campaigns_participation) LANGUAGE plpgsql AS $$
-- Decides one step that waits for a person; the caller writes the verdict in the same transaction. Decided once; later calls change nothing.
-- A refused step may be sent again until p_tries are used up.
BEGIN
  IF NOT p_is_fine THEN PERFORM 1 FROM campaigns_campaign k WHERE k.id = p_campaign FOR UPDATE; END IF;
  SELECT p.* INTO answer FROM campaigns_participation p WHERE p.public_id = p_public_id AND p.campaign_id = p_campaign FOR UPDATE;
  IF NOT FOUND OR answer.state <> 'CHECKING' OR NOT EXISTS
      (SELECT 1 FROM campaigns_evidence e WHERE e.participation = p_public_id AND e.step = p_step AND e.verdict = 'WAITING') THEN
    code := 'NOT_WAITING';
    RETURN;
  END IF;
  IF p_is_fine THEN
    answer := campaigns_earn_step(answer, p_step, p_credits, p_tickets, p_steps, p_until, p_at);
    code := 'EARNED';
    RETURN;
  END IF;
  answer := campaigns_go_on(answer, p_step, p_until);
  code := 'AGAIN';
  IF answer.state = 'STARTED' AND p_tries <= 1 + (SELECT count(*) FROM campaigns_evidence e WHERE e.participation = p_public_id
                                                     AND e.step = p_step AND e.verdict IN ('FAILED', 'REFUSED')) THEN
    answer := campaigns_close_steps(answer, 0, 0, p_at);
    code := 'REFUSED';
  END IF;
END $$;
"""

LOOKED = """
CREATE FUNCTION campaigns_look_step(p_campaign bigint, p_public_id uuid, p_attempt int, p_step int, p_evidence jsonb, p_is_fine boolean,
                                    p_credits bigint, p_tickets int, p_steps int, p_until timestamptz, p_at timestamptz,
                                    OUT code text, OUT answer campaigns_participation) LANGUAGE plpgsql AS $$
-- Writes down what our own look found for a step that nobody has to send: earned, or the end of the participation. A second look finds it done.
BEGIN
  PERFORM 1 FROM campaigns_campaign k WHERE k.id = p_campaign FOR UPDATE;
  SELECT p.* INTO answer FROM campaigns_participation p WHERE p.public_id = p_public_id AND p.campaign_id = p_campaign FOR UPDATE;
  IF NOT FOUND OR answer.state <> 'STARTED' OR answer.attempt <> p_attempt
     OR EXISTS (SELECT 1 FROM campaigns_evidence e WHERE e.participation = p_public_id AND e.step = p_step) THEN
    code := 'NOT_WAITING';
    RETURN;
  END IF;
  PERFORM campaigns_keep_step_evidence(answer, p_step, p_evidence, CASE WHEN p_is_fine THEN 'PASSED' ELSE 'FAILED' END, p_at);
  IF p_is_fine THEN
    answer := campaigns_earn_step(answer, p_step, p_credits, p_tickets, p_steps, p_until, p_at);
    code := 'EARNED';
  ELSE
    answer := campaigns_close_steps(answer, 0, 0, p_at);
    code := 'REFUSED';
  END IF;
END $$;
"""

FUNCTIONS = (
    ("campaigns_close_steps(campaigns_participation, bigint, int, timestamptz)", CLOSE),
    ("campaigns_go_on(campaigns_participation, int, timestamptz)", GO_ON),
    ("campaigns_earn_step(campaigns_participation, int, bigint, int, int, timestamptz, timestamptz)", EARN),
    ("campaigns_keep_step_evidence(campaigns_participation, int, jsonb, text, timestamptz)", KEEP),
    (
        "campaigns_send_step(uuid, bigint, timestamptz, uuid, date, int, text, int, jsonb, text, int, int, bigint, int, int, timestamptz, timestamptz)",
        SEND,
    ),
    ("campaigns_decide_step(bigint, uuid, int, boolean, int, bigint, int, int, timestamptz, timestamptz)", DECIDE),
    ("campaigns_look_step(bigint, uuid, int, int, jsonb, boolean, bigint, int, int, timestamptz, timestamptz)", LOOKED),
)

OLD_DUE = "AND p.state = 'STARTED' AND p.expires_at <= p_at AND (p_member IS NULL OR p.member_id = p_member)\n     ORDER BY"
NOT_EARNED = "NOT EXISTS (SELECT 1 FROM campaigns_earnedstep e WHERE e.participation = p.public_id)"
NEW_DUE = OLD_DUE.replace("\n     ORDER BY", f"\n       AND {NOT_EARNED}\n     ORDER BY")
OLD_HEAD = "  WITH due AS ("
NEW_HEAD = """  FOR v_part IN
    SELECT p.* FROM campaigns_participation p
     WHERE p.campaign_id = p_campaign AND p.state = 'STARTED' AND p.expires_at <= p_at AND (p_member IS NULL OR p.member_id = p_member)
       AND EXISTS (SELECT 1 FROM campaigns_earnedstep e WHERE e.participation = p.public_id)
     ORDER BY p.member_id, p.period_on LIMIT p_limit FOR UPDATE SKIP LOCKED
  LOOP
    PERFORM campaigns_close_steps(v_part, 0, 0, p_at);  -- what was earned stays, and ends it
    v_total := v_total + 1;
  END LOOP;

  WITH due AS ("""
OLD_DECLARE, NEW_DECLARE = "  v_total int := 0;\nBEGIN", "  v_total int := 0;\n  v_part campaigns_participation;\nBEGIN"
CHANGES = ((OLD_DECLARE, NEW_DECLARE), (OLD_HEAD, NEW_HEAD), (OLD_DUE, NEW_DUE))


def _change(changes):
    def change(apps, schema_editor):
        """Replace texts in `campaigns_expire` as it is in the database, whatever other migrations made of it."""
        with schema_editor.connection.cursor() as cursor:
            cursor.execute("SELECT pg_get_functiondef(oid) FROM pg_proc WHERE proname = 'campaigns_expire'")
            (text,) = cursor.fetchone()
            for before, after in changes:
                if text.count(before) != 1:
                    raise RuntimeError(f"campaigns_expire has changed: {before}")
                text = text.replace(before, after)
            cursor.execute(text)

    return change


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0020_steps")]

    operations = [
        *(migrations.RunSQL(body, f"DROP FUNCTION {signature}") for signature, body in FUNCTIONS),
        migrations.RunPython(_change(CHANGES), _change(tuple((after, before) for before, after in reversed(CHANGES)))),
    ]
