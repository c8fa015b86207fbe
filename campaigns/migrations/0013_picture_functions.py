"""
Pictures are used once. Similar ones share at least one quarter of their fingerprint as long as no more than three bits differ, so four
indexes find every candidate.
"""

from django.db import migrations

PLACES = (1, 5, 9, 13)
INDEXES = [
    migrations.RunSQL(
        f"CREATE INDEX CONCURRENTLY campaigns_evidence_look_{place} ON campaigns_evidence (substr(look, {place}, 4)) WHERE look <> ''",
        f"DROP INDEX CONCURRENTLY campaigns_evidence_look_{place}",
    )
    for place in PLACES
]
SAME_QUARTER = " OR ".join(f"substr(e.look, {place}, 4) = substr(p_look, {place}, 4)" for place in PLACES)

PICTURE_IS_USED = f"""
CREATE FUNCTION campaigns_picture_is_used(p_participation uuid, p_digest text, p_look text) RETURNS boolean LANGUAGE sql STABLE AS $$
  -- True when another participation, of whatever campaign, stands on this picture or one that looks the same. Refused ones are free.
  SELECT EXISTS (SELECT 1 FROM campaigns_evidence e
                  WHERE e.digest = p_digest AND e.digest <> '' AND e.participation <> p_participation AND e.verdict NOT IN ('FAILED', 'REFUSED'))
      OR (p_look <> '' AND EXISTS
           (SELECT 1 FROM campaigns_evidence e
             WHERE e.look <> '' AND ({SAME_QUARTER}) AND bit_count(('x' || e.look)::bit(64) # ('x' || p_look)::bit(64)) <= 3
               AND e.participation <> p_participation AND e.verdict NOT IN ('FAILED', 'REFUSED')));
$$;
"""  # noqa: S608 (our own constants)

SUBMIT_PICTURE = """
CREATE FUNCTION campaigns_submit_picture(p_campaign uuid, p_member bigint, p_token_at timestamptz, p_public_id uuid, p_period date,
                                         p_attempt int, p_device text, p_evidence jsonb, p_verdict text, p_tries int, p_score int,
                                         p_at timestamptz,
                                         OUT code text, OUT tries_left int, OUT answer campaigns_participation) LANGUAGE plpgsql AS $$
-- As campaigns_submit, for a picture that nobody has used. Pictures are looked at one after the other, so that the same one sent twice
-- at once is found as well; one that was used is noted, and the member may send another.
DECLARE
  r record;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('campaigns.pictures'));
  IF campaigns_picture_is_used(p_public_id, p_evidence->>'digest', p_evidence->>'look') THEN
    INSERT INTO campaigns_fraudsignal (participation, campaign_id, member_id, attempt, code, penalty, at)
      SELECT p.public_id, p.campaign_id, p.member_id, p.attempt, 'upload.seen', 0, p_at FROM campaigns_participation p
       WHERE p.member_id = p_member AND p.public_id = p_public_id AND p.period_on = p_period ON CONFLICT DO NOTHING;
    code := 'SEEN';
    RETURN;
  END IF;
  SELECT f.* INTO r FROM campaigns_submit(p_campaign, p_member, p_token_at, p_public_id, p_period, p_attempt, p_device, p_evidence,
                                          p_verdict, p_tries, p_score, p_at) f;
  code := r.code; tries_left := r.tries_left; answer := r.answer;
END $$;
"""


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("campaigns", "0012_first_review_reasons")]

    operations = [
        *INDEXES,
        migrations.RunSQL(PICTURE_IS_USED, "DROP FUNCTION campaigns_picture_is_used(uuid, text, text)"),
        migrations.RunSQL(
            SUBMIT_PICTURE,
            "DROP FUNCTION campaigns_submit_picture(uuid, bigint, timestamptz, uuid, date, int, text, jsonb, text, int, int, timestamptz)",
        ),
    ]
