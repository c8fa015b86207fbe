"""Operators find an advertiser or a campaign, narrow the list, open the row, and change what it stands at, which leaves a trace."""

import pytest
from django.contrib.admin.models import LogEntry
from django.db import transaction
from django.utils import timezone

from advertisers import services as advertisers
from advertisers.models import Advertiser
from backoffice import rights
from campaigns import services as campaigns
from campaigns.models import Campaign, CampaignEvent
from tests.backoffice.conftest import enter, hire
from tests.backoffice.pressing import at, press
from tests.campaigns.conftest import spec_of


def titles(page):
    """The rows of a list, by their names."""
    return {str(row) for row in page.context["cl"].result_list}


@pytest.fixture
def two_campaigns(minji, minji_user):
    now = timezone.now()
    for title in ("겨울 라떼", "여름 에이드"):
        campaigns.submit_campaign(advertiser=minji, spec=spec_of(now, title=title, budget=100), by=minji_user, at=now, key=title)
    return Campaign.objects.order_by("pk")


class TestAdvertisers:
    def test_s_102_are_found_by_name_and_narrowed_by_kind(self, desk, minji, eve):
        client, room = desk(rights.ADMIN), at("advertisers_advertiser_changelist")
        assert titles(client.get(room)) == {"민지네 커피", "이브 상사"}
        assert titles(client.get(room + "?q=민지")) == {"민지네 커피"}
        Advertiser.objects.filter(pk=eve.pk).update(is_active=False)
        assert titles(client.get(room + "?is_active__exact=0")) == {"이브 상사"}

    def test_s_102_are_opened_and_freed_of_a_restriction_with_who_and_why(self, minji):
        with transaction.atomic():
            advertisers.restrict(advertiser=minji, reason="받을 금액이 있었어요", at=timezone.now())
        dana = hire("dana", rights.FINANCE)
        client, page = enter(dana), at("advertisers_advertiser_change", minji.pk)
        assert "받을 금액이 있었어요" in client.get(page).text
        press(client, at("advertisers_advertiser_lift_restriction", minji.pk), reason="모두 받았어요")
        minji.refresh_from_db()
        assert not minji.is_restricted
        trace = LogEntry.objects.get(user=dana, object_id=str(minji.pk))
        assert "모두 받았어요" in trace.change_message


class TestCampaigns:
    def test_s_102_are_found_by_title_and_narrowed_by_state(self, desk, two_campaigns):
        client, room = desk(rights.REVIEWER), at("campaigns_campaign_changelist")
        assert len(titles(client.get(room + "?q=라떼"))) == 1
        assert len(titles(client.get(room + "?state__exact=SUBMITTED"))) == 2
        assert titles(client.get(room + "?state__exact=RUNNING")) == set()

    def test_s_102_are_opened_and_locked_with_who_and_why(self, two_campaigns):
        campaign = two_campaigns[0]
        boram = hire("boram", rights.REVIEWER)
        client = enter(boram)
        assert "겨울 라떼" in client.get(at("campaigns_campaign_change", campaign.pk)).text
        client.post(at("review-lock", campaign.public_id), {"reason": "신고를 확인하고 있어요"})
        campaign.refresh_from_db()
        assert campaign.is_locked
        event = CampaignEvent.objects.get(campaign=campaign, kind=CampaignEvent.Kind.LOCKED)
        assert (event.by, event.reason) == (boram, "신고를 확인하고 있어요")
