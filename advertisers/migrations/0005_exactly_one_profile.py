import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("advertisers", "0004_profiles_of_those_there")]

    operations = [
        migrations.RemoveField(
            model_name="advertiser",
            name="business_number",
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="advertiser",
            trigger=pgtrigger.compiler.Trigger(
                name="exactly_one_profile",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    constraint="CONSTRAINT",
                    func="\n            IF EXISTS (\n                SELECT FROM advertisers_advertiser a\n                WHERE a.id IN (NEW.id, OLD.id)\n                AND ((SELECT count(*) FROM advertisers_personaluser WHERE advertiser_id = a.id) <> (a.kind = 'PERSONAL')::int\n                  OR (SELECT count(*) FROM advertisers_businessuser WHERE advertiser_id = a.id) <> (a.kind = 'BUSINESS')::int)\n            ) THEN\n                RAISE EXCEPTION 'an advertiser has exactly one profile, of its kind' USING ERRCODE = '23514';\n            END IF;\n            RETURN NULL;\n        ",
                    hash="77520f5fde289a61a966cdee8e012807815f364a",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_exactly_one_profile_c0bc6",
                    table="advertisers_advertiser",
                    timing="DEFERRABLE INITIALLY DEFERRED",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="businessuser",
            trigger=pgtrigger.compiler.Trigger(
                name="exactly_one_profile",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    constraint="CONSTRAINT",
                    func="\n            IF EXISTS (\n                SELECT FROM advertisers_advertiser a\n                WHERE a.id IN (NEW.advertiser_id, OLD.advertiser_id)\n                AND ((SELECT count(*) FROM advertisers_personaluser WHERE advertiser_id = a.id) <> (a.kind = 'PERSONAL')::int\n                  OR (SELECT count(*) FROM advertisers_businessuser WHERE advertiser_id = a.id) <> (a.kind = 'BUSINESS')::int)\n            ) THEN\n                RAISE EXCEPTION 'an advertiser has exactly one profile, of its kind' USING ERRCODE = '23514';\n            END IF;\n            RETURN NULL;\n        ",
                    hash="63ba210b3767eda72e8a9969aed2292e4f4eae79",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_exactly_one_profile_d5303",
                    table="advertisers_businessuser",
                    timing="DEFERRABLE INITIALLY DEFERRED",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="personaluser",
            trigger=pgtrigger.compiler.Trigger(
                name="exactly_one_profile",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    constraint="CONSTRAINT",
                    func="\n            IF EXISTS (\n                SELECT FROM advertisers_advertiser a\n                WHERE a.id IN (NEW.advertiser_id, OLD.advertiser_id)\n                AND ((SELECT count(*) FROM advertisers_personaluser WHERE advertiser_id = a.id) <> (a.kind = 'PERSONAL')::int\n                  OR (SELECT count(*) FROM advertisers_businessuser WHERE advertiser_id = a.id) <> (a.kind = 'BUSINESS')::int)\n            ) THEN\n                RAISE EXCEPTION 'an advertiser has exactly one profile, of its kind' USING ERRCODE = '23514';\n            END IF;\n            RETURN NULL;\n        ",
                    hash="9d23b3d9dcbf7596a224d4904f60e1ac2010ae95",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_exactly_one_profile_f7319",
                    table="advertisers_personaluser",
                    timing="DEFERRABLE INITIALLY DEFERRED",
                    when="AFTER",
                ),
            ),
        ),
    ]
