"""Campaigns of before get the whole of their content in one place, and the version that it is."""

from django.db import migrations

STATES = {"SUBMITTED": "WAITING", "CHANGES_ASKED": "CHANGES_ASKED", "REJECTED": "REJECTED", "WITHDRAWN": "WITHDRAWN"}


def write_versions(apps, schema_editor):
    campaigns, versions = apps.get_model("campaigns", "Campaign").objects, apps.get_model("campaigns", "CampaignVersion").objects
    events = apps.get_model("campaigns", "CampaignEvent").objects
    for campaign in campaigns.filter(versions=None).iterator():
        campaign.spec = campaign.spec or spec_of(campaign)
        campaign.save(update_fields=["spec"])
        moved = events.filter(campaign=campaign, to_state="SUBMITTED", by__isnull=False)
        state = STATES.get(campaign.state, "APPROVED")
        versions.create(
            campaign=campaign,
            number=campaign.submission_no,
            spec=campaign.spec,
            submitted_by_id=moved.latest("at").by_id,
            submitted_at=campaign.submitted_at,
            due_at=campaign.submitted_at,
            state=state,
            decided_at=None if state == "WAITING" else campaign.state_changed_at,
            reason=campaign.decision_reason,
        )


def spec_of(campaign):
    """The content as its columns tell it."""
    return {
        "type": campaign.type,
        "design": {"title": campaign.title, "body": campaign.body, "landing_url": campaign.landing_url},
        "details": campaign.details,
        "reward": {"tickets": campaign.reward_tickets},
        "credit": {"unit_price": campaign.unit_price, "budget": campaign.budget_credits, "daily_cap": campaign.daily_cap_credits},
        "setting": {"starts_at": campaign.starts_at.isoformat(), "ends_at": campaign.ends_at.isoformat()},
    }


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0005_campaign_version")]
    operations = [migrations.RunPython(write_versions, migrations.RunPython.noop, elidable=True)]
