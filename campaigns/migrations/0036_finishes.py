"""Where participations are finished, and how many a place may finish in ten minutes. Counted in the transaction of the finish."""

from django.db import migrations, models

PASS_FINISH = """
CREATE FUNCTION campaigns_pass_finish(p_address text, p_address_key text, p_network_key text, p_defaults int[], p_at timestamptz)
RETURNS boolean LANGUAGE plpgsql AS $$
-- p_defaults: limits of address, shared address and network where no dated row says otherwise. False: the place has made its number.
DECLARE
  v_kind text;
  v_limit int;
BEGIN
  SELECT n.kind INTO v_kind FROM campaigns_networkrange n WHERE n.network >>= p_address::inet ORDER BY masklen(n.network) DESC LIMIT 1;
  IF v_kind = 'CARRIER' THEN
    v_limit := campaigns_policy('campaigns.finishes_per_shared_address', p_at, p_defaults[2]);
  ELSE
    v_limit := campaigns_policy('campaigns.finishes_per_network', p_at, p_defaults[3]);
    IF (SELECT count(*) FROM (SELECT 1 FROM campaigns_finish f WHERE f.network = p_network_key
          AND f.at > p_at - interval '10 minutes' AND f.at <= p_at LIMIT v_limit) s) >= v_limit THEN RETURN false; END IF;
    v_limit := campaigns_policy('campaigns.finishes_per_address', p_at, p_defaults[1]);
  END IF;
  IF (SELECT count(*) FROM (SELECT 1 FROM campaigns_finish f WHERE f.address = p_address_key
        AND f.at > p_at - interval '10 minutes' AND f.at <= p_at LIMIT v_limit) s) >= v_limit THEN RETURN false; END IF;
  INSERT INTO campaigns_finish (address, network, at) VALUES (p_address_key, p_network_key, p_at);
  RETURN true;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0035_reports_by_mail")]

    operations = [
        migrations.CreateModel(
            name="Finish",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("address", models.CharField(max_length=32, verbose_name="주소 해시")),
                ("network", models.CharField(max_length=32, verbose_name="대역 해시")),
                ("at", models.DateTimeField(verbose_name="때")),
            ],
            options={
                "verbose_name": "참여를 마친 곳",
                "verbose_name_plural": "참여를 마친 곳",
                "indexes": [
                    models.Index(fields=["address", "at"], name="campaigns_finish_address"),
                    models.Index(fields=["network", "at"], name="campaigns_finish_network"),
                ],
            },
        ),
        migrations.RunSQL(PASS_FINISH, "DROP FUNCTION campaigns_pass_finish(text, text, text, int[], timestamptz)"),
    ]
