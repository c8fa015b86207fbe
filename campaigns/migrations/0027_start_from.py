"""
A start from somewhere: `campaigns_start` behind a look at who asks and from where, all in the one call that a start is. The address is
compared with the lists and thrown away; hashes are written down. Nothing here locks a row before `campaigns_start` does.
"""

from django.db import migrations

POLICY = """
CREATE FUNCTION campaigns_policy(p_name text, p_at timestamptz, p_default int) RETURNS int LANGUAGE sql STABLE AS $$
  -- The whole number that a dated setting has at a moment; p_default without a row (common.dated).
  SELECT coalesce((SELECT (d.value #>> '{}')::int FROM common_datedsetting d
                    WHERE d.name = p_name AND d.effective_from <= p_at ORDER BY d.effective_from DESC LIMIT 1), p_default);
$$;
"""

IS_BLOCKED = """
CREATE FUNCTION campaigns_is_blocked(p_member bigint, p_address_key text, p_network_key text, p_at timestamptz) RETURNS boolean
LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT 1 FROM campaigns_block b
                  WHERE b.key IN ('member:' || p_member, nullif(p_address_key, ''), nullif(p_network_key, ''),
                                  (SELECT nullif(m.person_hash, '') FROM rewards_member m WHERE m.id = p_member))
                    AND b.lifted_at IS NULL AND (b.until IS NULL OR b.until > p_at));
$$;
"""

STARTED_LATELY = """
CREATE FUNCTION campaigns_started_lately(p_column text, p_key text, p_at timestamptz, p_limit int) RETURNS boolean
LANGUAGE sql STABLE AS $$
  -- True when p_limit starts of the last ten minutes came from this address or network. Counts no further than it must.
  SELECT CASE p_column
    WHEN 'address' THEN (SELECT count(*) FROM (SELECT 1 FROM campaigns_origin o WHERE o.address = p_key
                           AND o.at > p_at - interval '10 minutes' AND o.at <= p_at LIMIT p_limit) s) >= p_limit
    ELSE (SELECT count(*) FROM (SELECT 1 FROM campaigns_origin o WHERE o.network = p_key
                           AND o.at > p_at - interval '10 minutes' AND o.at <= p_at LIMIT p_limit) s) >= p_limit END;
$$;
"""

START_FROM = """
CREATE FUNCTION campaigns_start_from(p_campaign uuid, p_member bigint, p_member_key text, p_token_at timestamptz, p_public_id uuid,
                                     p_device text, p_slot int, p_at timestamptz, p_fits boolean, p_address text, p_address_key text,
                                     p_network_key text, p_agent text, p_agent_key text, p_refusing text[], p_defaults int[],
                                     OUT code text, OUT doubt text, OUT answer campaigns_participation) LANGUAGE plpgsql AS $$
-- p_address: empty when unknown; then nothing is known against the place.   p_refusing: types that refuse a doubted place.
-- p_defaults: limits of address, shared address and network, penalty of a doubted place, where no dated row says otherwise.
DECLARE
  r record;
  c record;
  v_kind text := '';
BEGIN
  doubt := '';
  SELECT k.id, k.type, CASE WHEN k.is_daily THEN (p_at AT TIME ZONE 'Asia/Seoul')::date
                            ELSE (k.starts_at AT TIME ZONE 'Asia/Seoul')::date END AS period_on
    INTO c FROM campaigns_campaign k WHERE k.public_id = p_campaign;
  IF c.id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM campaigns_participation p
       WHERE p.member_id = p_member AND p.campaign_id = c.id AND p.period_on = c.period_on AND p.state <> 'EXPIRED') THEN
    IF campaigns_is_blocked(p_member, p_address_key, p_network_key, p_at) THEN code := 'BLOCKED'; RETURN; END IF;
    IF p_agent <> '' THEN
      SELECT m.kind INTO doubt FROM campaigns_agentmark m WHERE position(lower(m.mark) IN lower(p_agent)) > 0 ORDER BY m.id LIMIT 1;
      doubt := coalesce(doubt, '');
    END IF;
    IF p_address <> '' THEN
      SELECT n.kind INTO v_kind FROM campaigns_networkrange n WHERE n.network >>= p_address::inet
        ORDER BY masklen(n.network) DESC LIMIT 1;
      v_kind := coalesce(v_kind, '');
      IF v_kind = 'CARRIER' THEN
        IF campaigns_started_lately('address', p_address_key, p_at, campaigns_policy('campaigns.starts_per_shared_address', p_at, p_defaults[2]))
          THEN code := 'TOO_MANY_HERE'; RETURN; END IF;
      ELSIF campaigns_started_lately('address', p_address_key, p_at, campaigns_policy('campaigns.starts_per_address', p_at, p_defaults[1]))
         OR campaigns_started_lately('network', p_network_key, p_at, campaigns_policy('campaigns.starts_per_network', p_at, p_defaults[3]))
        THEN code := 'TOO_MANY_HERE'; RETURN;
      END IF;
      IF doubt = '' AND v_kind <> 'CARRIER' THEN doubt := v_kind; END IF;
    END IF;
    IF doubt <> '' AND c.type = ANY (p_refusing) THEN code := 'DOUBTED'; RETURN; END IF;
  END IF;

  SELECT f.* INTO r
    FROM campaigns_start(p_campaign, p_member, p_member_key, p_token_at, p_public_id, p_device, p_slot, p_at, p_fits) f;
  code := r.code; answer := r.answer;
  IF code <> 'STARTED' THEN doubt := ''; RETURN; END IF;
  IF p_address <> '' THEN
    INSERT INTO campaigns_origin (participation, attempt, campaign_id, member_id, address, network, agent, found, at)
      VALUES (answer.public_id, answer.attempt, c.id, p_member, p_address_key, p_network_key, p_agent_key,
              CASE WHEN doubt <> '' THEN doubt ELSE v_kind END, p_at);
  END IF;
  IF doubt <> '' THEN
    INSERT INTO campaigns_fraudsignal (participation, campaign_id, member_id, attempt, code, penalty, at)
      VALUES (answer.public_id, c.id, p_member, answer.attempt, 'origin.' || lower(doubt),
              campaigns_policy('campaigns.fraud_origin_penalty', p_at, p_defaults[4]), p_at);
  END IF;
END $$;
"""

FUNCTIONS = (
    ("campaigns_policy(text, timestamptz, int)", POLICY),
    ("campaigns_is_blocked(bigint, text, text, timestamptz)", IS_BLOCKED),
    ("campaigns_started_lately(text, text, timestamptz, int)", STARTED_LATELY),
    (
        "campaigns_start_from(uuid, bigint, text, timestamptz, uuid, text, int, timestamptz, boolean, text, text, text, text, text, text[], int[])",
        START_FROM,
    ),
)
# Devices that say themselves what they are. Networks change by the week: operators import them (manage.py import_traffic_list).
MARKS = (
    ("EMULATOR", ("sdk_gphone", "Android SDK built for", "Genymotion", "BlueStacks", "NoxPlayer", "LDPlayer", "MEmu", "[emulator]")),
    ("ROOTED", ("[rooted]",)),
    ("BOT", ("HeadlessChrome", "PhantomJS", "Selenium", "python-requests", "curl/", "Scrapy", "Go-http-client")),
)


def first_marks(apps, schema_editor):
    made = apps.get_model("campaigns", "TrafficList").objects.create(
        name="devices", digest="", lines=sum(len(marks) for _, marks in MARKS), imported_at="2026-11-01T00:00:00Z"
    )
    mark_of = apps.get_model("campaigns", "AgentMark")
    mark_of.objects.bulk_create(mark_of(list=made, mark=mark, kind=kind) for kind, marks in MARKS for mark in marks)


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0026_origins"), ("common", "0001_initial"), ("rewards", "0001_initial")]

    operations = [
        *(migrations.RunSQL(body, f"DROP FUNCTION {signature}") for signature, body in FUNCTIONS),
        migrations.RunPython(first_marks, migrations.RunPython.noop),
    ]
