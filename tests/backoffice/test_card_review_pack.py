"""The pack for card companies: made once over the running product, and what stands in its files."""

import hashlib
import io
import json
import zipfile

import pypdfium2
import pytest
from django.contrib.admin.models import LogEntry
from django.core.management import call_command
from django.utils import timezone
from PIL import Image
from pptx import Presentation

from backoffice import liabilities
from backoffice.card_review import building, mode, walk
from backoffice.models import CardReviewPack
from identity.models import LegalText
from payments import insurance, services
from payments.models import PaymentOrder, ReconciliationItem
from tests.backoffice.conftest import hire

PAGES = len(walk.STOPS)


@pytest.fixture
def files_apart(settings, tmp_path):
    private = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path / "private")}}
    settings.STORAGES = {**settings.STORAGES, "private": private}


def money(at):
    """Every figure of the house that reviewers could get into."""
    owed = liabilities.liabilities_at(at)
    return owed.paid_total, owed.free_total, owed.held_total, owed.trial_balance, insurance.cover_at(at).outstanding


@pytest.mark.browser
def test_s_73_s_74_one_pack_shows_every_page_at_two_sizes_and_the_next_names_what_changed(
    live_product, browser, settings, files_apart, capsys
):
    services.ensure_packages()
    operator, before = hire("sora", "finance"), money(timezone.now())
    call_command("card_review_pack", "--by", operator.email, "--days", "14")
    pack = CardReviewPack.objects.get()
    assert (pack.state, pack.done, pack.total) == ("READY", PAGES * 2, PAGES * 2)
    assert LogEntry.objects.get(object_id=str(pack.pk), content_type__model="cardreviewpack").user == operator

    show = Presentation(io.BytesIO(building.read(pack, "pptx")))
    words = [" ".join(shape.text_frame.text for shape in slide.shapes if shape.has_text_frame) for slide in show.slides]
    assert len(words) == PAGES + 2
    account = mode.current(at=timezone.now())
    for fact in (
        settings.COMPANY["name"],
        settings.COMPANY["business_number"],
        live_product.origin,
        account.login,
        mode.password_of(account),
    ):
        assert fact in words[0]
    assert [stop.title in slide for stop, slide in zip(walk.STOPS, words[1:], strict=False)] == [True] * PAGES
    assert [sum(shape.shape_type == 13 for shape in slide.shapes) for slide in list(show.slides)[1:-1]] == [2] * PAGES
    paper = pypdfium2.PdfDocument(building.read(pack, "pdf"))
    read = [page.get_textpage().get_text_bounded() for page in paper]
    assert len(read) == PAGES + 2
    assert (account.login in read[0], walk.STOPS[-1].title in read[PAGES]) == (True, True)

    archive = zipfile.ZipFile(io.BytesIO(building.read(pack, "zip")))
    manifest = json.loads(archive.read("manifest.json"))
    assert manifest == pack.manifest
    assert set(archive.namelist()) == {*manifest["files"], "manifest.json"}
    assert {name: hashlib.sha256(archive.read(name)).hexdigest() for name in manifest["files"]} == manifest["files"]
    assert [(entry["name"], entry["size"]) for entry in manifest["pictures"]] == [
        (stop.name, size) for size in walk.SIZES for stop in walk.STOPS
    ]
    for entry in manifest["pictures"]:
        text = archive.read(entry["file"].replace("pictures/", "texts/").replace(".png", ".txt")).decode()
        assert walk.unmasked(text, contacts=building.plan_for(account).contacts) == []
        with Image.open(io.BytesIO(archive.read(entry["file"]))) as picture:
            assert picture.width == {"desktop": 1280, "phone": 780}[entry["size"]]
    texts = {name: archive.read(name).decode() for name in archive.namelist() if name.endswith("desktop.txt")}
    assert ["BC카드" in text and "NH농협카드" in text for name, text in sorted(texts.items()) if "-card-" in name] == [True, True]
    order = PaymentOrder.objects.get()
    assert f"{order.amount_krw:,}" in next(text for name, text in texts.items() if name.endswith("-card-1-desktop.txt"))
    assert "환불 요청하기" in next(text for name, text in texts.items() if name.endswith("-refund-desktop.txt"))

    # Nothing was paid, and no figure of the house moved.
    assert (order.is_credited, money(timezone.now()), ReconciliationItem.objects.count()) == (False, before, 0)

    # Another wording of the refund rules: the next pack names that page and no other.
    LegalText.objects.create(
        slug="refund",
        effective_on=timezone.now().date(),
        text="## 새 기준\n\n결제하고 7일 안에 쓰지 않은 크레딧을 카드로 돌려드려요. 고객센터로 요청해 주세요.",
        change="쉽게 썼어요",
        is_adverse=False,
        published_at=timezone.now(),
        published_by=operator,
    )
    public = tuple(stop for stop in walk.STOPS if stop.name in ("home", "terms", "refund-rule", "prices"))
    again = CardReviewPack.objects.create(asked_by=operator, asked_at=timezone.now())
    building.build(again, stops=public)
    changed = {part: keys for part, keys in again.difference.items() if part != "gone"}
    assert changed["text"] == ["refund-rule-desktop", "refund-rule-phone"]
    assert {key.rpartition("-")[0] for key in changed["look"]} <= {"refund-rule"}
    assert changed["new"] == []
