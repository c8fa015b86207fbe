"""Doors reach a tenant's rows through a scope of the manager; reading over all tenants has a name of its own."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.house.trees import tree_of

ROOT = Path(__file__).resolve().parent.parent.parent
TENANTS_ROWS = {
    "Advertiser", "ApiKey", "ApprovalRequest", "BusinessPaper", "BusinessUser", "Campaign", "CampaignEvent", "CreditTransaction", "Hold",
    "Invitation", "Lot", "Membership", "PaymentOrder", "PersonalUser", "Refund", "ReportRecipient", "RoleLimit",
}  # fmt: skip
# `acting` is where scopes begin: the person's own memberships. `offered` is what members may see of everybody's campaigns.
SCOPES = {"owned_by", "of", "acting", "offered", "unscoped"}
DOORS = [
    "*/views.py",
    "*/views/*.py",
    "*/api.py",
    "*/api/*.py",
    "*/access.py",
    "*/templatetags/*.py",
    "*/doors.py",
    "campaigns/missions.py",
]
APPS = ("advertisers", "campaigns", "credits", "payments", "inquiries")


def first_calls(source: str) -> Iterator[tuple[str, str]]:
    """(model, method) of each `Model.objects.method`."""
    attributes = [node for node in ast.walk(tree_of(source)) if isinstance(node, ast.Attribute)]
    for node in attributes:
        manager = node.value
        if isinstance(manager, ast.Attribute) and manager.attr == "objects" and isinstance(manager.value, ast.Name):
            yield manager.value.id, node.attr


def doors() -> list[Path]:
    found = {path for pattern in DOORS for path in ROOT.glob(pattern)}
    return sorted(path for path in found if path.relative_to(ROOT).parts[0] in APPS)


def test_every_door_says_whose_rows_it_reads() -> None:
    assert len(doors()) >= 20
    calls = [(path, model, method) for path in doors() for model, method in first_calls(path.read_text()) if model in TENANTS_ROWS]
    assert len(calls) >= 6
    assert [(str(path.relative_to(ROOT)), model, method) for path, model, method in calls if method not in SCOPES] == []


def test_reading_over_all_tenants_happens_where_a_reviewer_agreed() -> None:
    calls = [
        (str(path.relative_to(ROOT)), model) for path in doors() for model, method in first_calls(path.read_text()) if method == "unscoped"
    ]
    assert calls == [
        ("campaigns/missions.py", "Campaign"),  # members look at everybody's campaigns that may be shown
        ("campaigns/missions.py", "Campaign"),  # and at their pictures
        ("payments/views.py", "PaymentOrder"),  # the page after paying: no session, order number and state only
    ]


def test_the_search_sees_a_forgotten_scope() -> None:
    assert list(first_calls("order = PaymentOrder.objects.get(order_id=order_id)")) == [("PaymentOrder", "get")]
