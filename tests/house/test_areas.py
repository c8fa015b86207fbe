"""docs/areas.md: the customer's 28 areas are all there, every address leads somewhere, every model exists."""

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.urls import resolve

from common import portals

PAGE = (Path(settings.BASE_DIR) / "docs" / "areas.md").read_text()
OURS = ("common", "identity", "advertisers", "credits", "payments", "rewards", "campaigns", "inquiries", "backoffice")
ADVERTISERS, OPERATORS, MODELS = (part.split("\n## ")[0] for part in PAGE.split("\n## ")[1:4])
AREAS = r"^\| (\d+) \| (.+?) \| (\w+) \| (.+?) \| .+ \|$"
ADDRESSES = sorted(set(re.findall(r"`(/[^`]*)`", ADVERTISERS + OPERATORS)))
# What the brief (S-106, S-107) calls by name.
NAMED = {"User", "PersonalUser", "BusinessUser", "Credit", "CreditTransaction", "Inquiry", "AdInquiry", "LuckffleUser", "Campaign"}


class TestTheAreas:
    def test_are_thirteen_and_fifteen(self):
        for text, count in ((ADVERTISERS, 13), (OPERATORS, 15)):
            rows = re.findall(AREAS, text, re.MULTILINE)
            assert [int(number) for number, *_ in rows] == list(range(1, count + 1))
            assert len({area for _, area, *_ in rows}) == count
            assert {app for _, _, app, _ in rows} <= set(OURS)

    @pytest.mark.parametrize("address", ADDRESSES)
    def test_lead_to_a_page(self, address):
        found = resolve(address, urlconf=portals.URLCONFS[portals.portal_of(address)])
        assert found.view_name.rpartition(":")[2]
        assert "catch_all" not in found.func.__name__

    def test_that_are_not_there_are_noticed(self):
        found = resolve("/backoffice/nothing-here/", urlconf=portals.URLCONFS[portals.BACKOFFICE])
        assert "catch_all" in found.func.__name__


class TestTheModels:
    def test_are_more_than_fifty(self):
        assert (
            len([model for name in OURS for model in apps.get_app_config(name).get_models() if not hasattr(model, "pgh_tracked_model")])
            > 50
        )

    def test_of_the_customer_are_ours_by_name(self):
        rows = re.findall(r"^\| (\w+) \| `(\w+)\.(\w+)` \| .*\|$", MODELS, re.MULTILINE)
        assert {theirs for theirs, *_ in rows} >= NAMED
        assert [apps.get_model(app, model).__name__ for _, app, model in rows] == [model for *_, model in rows]
