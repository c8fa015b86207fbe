"""Rooms in which nobody writes: the ledger, money rows, records. Not even an admin, not even a superuser, not even by a crafted post."""

import pytest
from django.contrib.admin.models import LogEntry
from django.forms.models import model_to_dict

from advertisers.models import Advertiser, Membership
from backoffice import rights
from backoffice.models import ActAsSession, CannedReply
from backoffice.site import site
from campaigns.models import Campaign, PolicyRule, ReviewReason
from common.models import DatedSetting, Effect, InboundWebhook, JobRun
from credits.models import Account, DayDigest, Entry, Hold, Lot, ProofRun
from identity.models import AccessLog, ApprovalRequest, Notification, RetentionRule, User, WithdrawnPerson
from inquiries.models import Faq, Guide, Notice
from payments.models import Offer, OfferUse, Package, PaymentOrder, ReconciliationItem, SuretyPolicy, UnallocatedMoney
from rewards.models import GifticonOrder, Member
from tests.backoffice.conftest import INDEX, enter, hire
from tests.backoffice.pressing import at

LEDGER = (Account, Entry, Lot, Hold, DayDigest, ProofRun)
READ_ONLY = (
    *LEDGER, Advertiser, Membership, Campaign, Effect, InboundWebhook, DatedSetting, AccessLog, ApprovalRequest, Notification,
    RetentionRule, User, WithdrawnPerson, OfferUse, PaymentOrder, ReconciliationItem, UnallocatedMoney, GifticonOrder, Member,
    LogEntry, JobRun, ActAsSession,
)  # fmt: skip


@pytest.fixture
def superuser(db):
    """The strongest operator there can be."""
    user = hire("root", rights.ADMIN)
    user.is_superuser = True
    user.save()
    return enter(user)


def room(model, name: str, *args: object) -> str:
    return at(f"{model._meta.app_label}_{model._meta.model_name}_{name}", *args)


def test_every_room_but_prices_bonus_sureties_words_of_review_and_pages_is_read_only():
    assert set(site._registry) == {*READ_ONLY, Offer, Package, PolicyRule, ReviewReason, SuretyPolicy, Notice, Guide, Faq, CannedReply}


class TestReadOnly:
    @pytest.mark.parametrize("model", READ_ONLY, ids=lambda model: model.__name__)
    def test_no_room_adds_or_deletes(self, superuser, model):
        assert superuser.get(room(model, "changelist")).status_code == 200
        assert superuser.get(room(model, "add")).status_code == 403
        assert superuser.post(room(model, "add"), {"credits": 1}).status_code == 403
        assert superuser.post(room(model, "changelist"), {"action": "delete_selected", "_selected_action": "1"}).status_code in (
            200,
            302,
            403,
        )

    @pytest.mark.parametrize("model", [Account, Entry, Lot], ids=lambda model: model.__name__)
    def test_a_crafted_post_changes_nothing(self, superuser, minji, model):
        row = model.objects.order_by("pk").first()
        before = model_to_dict(row)
        page = superuser.get(room(model, "change", row.pk))
        assert page.status_code == 200
        assert 'name="_save"' not in page.text
        crafted = dict.fromkeys(before, "999999") | {"_save": "저장"}
        assert superuser.post(room(model, "change", row.pk), crafted).status_code == 403
        assert superuser.post(room(model, "delete", row.pk), {"post": "yes"}).status_code == 403
        assert model_to_dict(model.objects.get(pk=row.pk)) == before
        assert LogEntry.objects.count() == 0

    def test_deleting_many_at_once_is_not_offered(self, superuser, minji):
        rows = Lot.objects.count()
        superuser.post(
            room(Lot, "changelist"), {"action": "delete_selected", "_selected_action": [str(Lot.objects.get().pk)], "post": "yes"}
        )
        assert Lot.objects.count() == rows == 1


class TestWhoMayLook:
    @pytest.mark.parametrize("model", LEDGER, ids=lambda model: model.__name__)
    def test_the_ledger_is_for_finance_and_admins(self, desk, model):
        assert desk(rights.FINANCE).get(room(model, "changelist")).status_code == 200
        for role in (rights.REVIEWER, rights.SUPPORT, rights.CONTENT):
            assert desk(role).get(room(model, "changelist")).status_code == 403

    def test_the_sidebar_shows_only_rooms_that_open(self, desk):
        for role in rights.RIGHTS:
            client = desk(role)
            page = client.get(INDEX)
            links = [item["link"] for group in page.context["sidebar_navigation"] for item in group["items"]]
            assert links, role
            for link in links:
                assert client.get(link).status_code == 200, (role, link)

    def test_an_entry_shows_its_postings(self, superuser, minji):
        entry = Entry.objects.get(kind=Entry.Kind.TOP_UP)
        page = superuser.get(room(Entry, "change", entry.pk))
        assert "민지네 커피" in page.text
        assert "−1,000" in page.text or "-1,000" in page.text
