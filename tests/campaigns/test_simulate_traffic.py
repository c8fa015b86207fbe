"""`manage.py simulate_traffic` against the running product."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from campaigns import services, traffic
from campaigns.models import BudgetSlot, Participation
from credits.models import Entry
from tests import factories
from tests.campaigns.conftest import spec_of


@pytest.fixture
def campaign(transactional_db, minji, minji_user, operator):
    """Ten places of five seconds each, running now."""
    at = timezone.now() - timedelta(seconds=1)
    spec = spec_of(at, budget=100, dwell_seconds=5)
    submitted = services.submit_campaign(advertiser=minji, spec=spec, by=minji_user, at=at, key="traffic")
    return services.approve(campaign=submitted, by=operator, at=at)


class TestSimulateTraffic:
    def test_drives_members_and_finds_every_count_exact(self, live_product, campaign, capsys):
        members = [factories.MemberFactory() for _ in range(12)]
        call_command("simulate_traffic", origin=live_product.origin, members=12, clients=4)
        told = capsys.readouterr().out
        assert "12 members, 4 clients" in told
        assert "mission.sold_out=2 ok=10" in told
        assert "WRONG" not in told
        assert told.count("exact  ") == 7
        assert Participation.objects.filter(state="REWARDED").count() == Entry.objects.filter(kind="TICKET_GRANT").count() == 10
        assert BudgetSlot.objects.get().confirmed == 10
        assert len(members) == 12

    def test_exits_with_an_error_when_a_count_is_not_exact(self, live_product, campaign, capsys, monkeypatch):
        for _ in range(2):
            factories.MemberFactory()
        monkeypatch.setattr(traffic, "room_of", lambda campaign, at: 1)  # as if somebody had taken a place from a crowd of two
        with pytest.raises(CommandError, match="1 counts are not exact"):
            call_command("simulate_traffic", origin=live_product.origin, members=2, clients=2)
        assert "WRONG  places taken" in capsys.readouterr().out

    def test_says_so_when_nobody_answers(self, campaign, capsys):
        factories.MemberFactory()
        with pytest.raises(CommandError, match="counts are not exact"):
            call_command("simulate_traffic", origin="http://127.0.0.1:9", members=1, clients=1)
        told = capsys.readouterr().out
        assert "ConnectionError=1" in told
        assert "WRONG  answers that are crashes: 1 of 0" in told

    def test_does_not_begin_without_a_campaign_or_members(self, db):
        with pytest.raises(CommandError) as refusal:
            call_command("simulate_traffic", members=1)
        assert refusal.value.returncode == 2

    def test_does_not_begin_with_too_few_members(self, campaign):
        with pytest.raises(CommandError, match="0 members have not taken part yet, 3 were asked for") as refusal:
            call_command("simulate_traffic", members=3)
        assert refusal.value.returncode == 2

    def test_is_refused_in_production(self, campaign, settings):
        settings.PRODUCTION = True
        with pytest.raises(CommandError, match="not in production"):
            call_command("simulate_traffic", members=1)
