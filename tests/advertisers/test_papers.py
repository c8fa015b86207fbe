"""Papers: read, judged by their content, drawn anew, kept where no address leads, reviewed by people."""

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from time import sleep
from types import SimpleNamespace

import pypdfium2
import pytest
from django.core.files.storage import storages
from django.db import transaction
from django.test import TestCase
from PIL import Image
from pypdfium2 import raw as pdfium

from advertisers import papers
from advertisers.models import Advertiser, BusinessPaper, BusinessUser
from advertisers.papers import Decision, PaperDecided, PaperReasonMissing
from common import uploads
from common.models import Effect
from common.uploads import FileRefused
from identity import retention
from identity.models import AccessLog, Notification
from tests.advertisers.applicants import file_of, picture
from tests.signing_in import browser

State, PapersState = BusinessPaper.State, BusinessUser.PapersState


@pytest.fixture(autouse=True)
def storage(settings, tmp_path):
    private = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path / "private")}}
    settings.STORAGES = {**settings.STORAGES, "private": private}
    return tmp_path / "private"


def pdf(pages=1):
    document = pypdfium2.PdfDocument.new()
    for _ in range(pages):
        document.new_page(595, 842)
    drawn = io.BytesIO()
    document.save(drawn)
    return drawn.getvalue()


def stored_bytes(paper):
    with storages["private"].open(paper.file) as file:
        return file.read()


class TestStoring:
    @pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP"])
    def test_draws_a_picture_anew(self, format):
        exif = Image.Exif()
        exif[0x010E] = "SECRET-PLACE"
        stored = papers.store(file_of(picture(format, exif=exif)))
        raw = stored_bytes(stored)
        assert (stored.content_type, raw[:3], b"SECRET-PLACE" in raw) == ("image/jpeg", b"\xff\xd8\xff", False)
        assert (stored.size, len(stored.digest)) == (len(raw), 64)

    def test_leaves_behind_what_was_hidden_after_a_picture(self):
        stored = papers.store(file_of(picture() + b"<script>alert(1)</script>PK\x03\x04"))
        assert b"script" not in stored_bytes(stored)

    def test_draws_a_pdf_anew_without_its_scripts(self):
        raw = pdf(2).replace(b"/Type/Catalog", b"/Type/Catalog/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>")
        assert b"JavaScript" in raw
        stored = papers.store(file_of(raw, "등록증.pdf", "application/pdf"))
        drawn = stored_bytes(stored)
        assert (stored.content_type, drawn[:5], b"JavaScript" in drawn) == ("application/pdf", b"%PDF-", False)
        assert len(pypdfium2.PdfDocument(drawn)) == 2
        assert pdfium.FPDF_GetPageCount(pypdfium2.PdfDocument(drawn).raw) == 2

    def test_reads_pdfs_of_several_people_one_after_the_other(self, monkeypatch):
        """PDFium may not be called by two threads at once, from the opening of a document to its closing."""
        raw, inside, crowds = pdf(2), [], []

        class Watched(pypdfium2.PdfDocument):
            def __init__(self, raw):
                inside.append(raw)
                super().__init__(raw)
                sleep(0.02)
                crowds.append(len(inside))

            def close(self, *args, **facts):
                super().close(*args, **facts)
                inside.pop()

        stored = papers.store(file_of(pdf(), "등록증.pdf", "application/pdf"))
        paper = SimpleNamespace(file=stored.file, content_type=stored.content_type)
        monkeypatch.setattr(pypdfium2, "PdfDocument", Watched)
        turns = [
            lambda: papers.store(file_of(raw, "등록증.pdf", "application/pdf")),
            lambda: uploads.page_count(paper),
            lambda: uploads.picture_of(paper, number=1),
        ]
        with ThreadPoolExecutor(len(turns)) as threads:
            for done in [threads.submit(turn) for turn in turns * 3]:
                done.result()
        assert crowds == [1] * 9

    def test_believes_neither_name_nor_declared_type(self):
        stored = papers.store(file_of(picture(), "../../etc/passwd.pdf", "application/pdf"))
        assert (stored.content_type, stored.name) == ("image/jpeg", "passwd.jpg")
        assert stored.file.startswith("papers/")
        assert "passwd" not in stored.file

    @pytest.mark.parametrize("content", [
        b"", b"hello", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", b"<html><script>", b"GIF89a", b"%PDF-1.7 broken",
        b"%PDF-", b"\x89PNG\r\n\x1a\n broken", b"PK\x03\x04", b"\x00" * 100,
    ])  # fmt: skip
    def test_refuses_what_is_no_picture_and_no_pdf(self, content, storage):
        with pytest.raises(FileRefused):
            papers.store(file_of(content))
        assert not storage.exists()

    def test_refuses_a_picture_of_a_billion_pixels(self, storage):
        """The header alone says so; nothing is unpacked."""
        import struct
        import zlib

        def chunk(kind, data):
            return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

        header = chunk(b"IHDR", struct.pack(">IIBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0))
        with pytest.raises(FileRefused):
            papers.store(file_of(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")))
        assert not storage.exists()

    def test_refuses_too_many_pages_and_too_many_bytes(self):
        with pytest.raises(FileRefused, match="5쪽까지"):
            papers.store(file_of(pdf(6)))
        with pytest.raises(FileRefused, match="10MB까지"):
            papers.store(file_of(b"x" * (uploads.LARGEST + 1)))


@pytest.fixture
def waiting(minji, minji_user, at):
    with transaction.atomic():
        return papers.attach(business=minji.business, stored=papers.store(file_of(picture())), by=minji_user, at=at)


class TestTheReview:
    def decide(self, paper, operator, at, **options):
        with transaction.atomic():
            return papers.decide(paper=paper, by=operator, at=at, **options)

    def test_accepts_until_a_day(self, waiting, operator, at):
        paper = self.decide(waiting, operator, at, decision=Decision.APPROVE, expires_on=date(2027, 11, 25))
        assert (paper.state, paper.decided_by, paper.business.papers_state) == (State.APPROVED, operator, PapersState.APPROVED)
        for on, state in ((date(2027, 11, 24), State.APPROVED), (date(2027, 11, 25), State.EXPIRED)):
            with transaction.atomic():
                papers.expire(on=on)
            paper.refresh_from_db()
            assert paper.state == state
        assert BusinessUser.objects.get(pk=paper.business_id).papers_state == PapersState.EXPIRED

    def test_is_destroyed_when_it_says_nothing_any_more_and_long_after_the_account_closed(self, waiting, minji, minji_user, operator, at):
        refused = self.decide(waiting, operator, at, decision=Decision.REFUSE, reason="흐려요")
        with transaction.atomic():
            kept = papers.attach(business=minji.business, stored=papers.store(file_of(picture())), by=minji_user, at=at)
        self.decide(kept, operator, at, decision=Decision.APPROVE)
        assert retention.purge(at=at + timedelta(days=365))["advertisers.unused_papers"] == 0
        with TestCase.captureOnCommitCallbacks(execute=True):
            assert retention.purge(at=at + timedelta(days=366))["advertisers.unused_papers"] == 1
        assert [storages["private"].exists(paper.file) for paper in (refused, kept)] == [False, True]
        Advertiser.objects.filter(pk=minji.pk).update(is_active=False, renamed_at=at)
        assert retention.purge(at=at + timedelta(days=5 * 366 - 1))["advertisers.papers"] == 0
        with TestCase.captureOnCommitCallbacks(execute=True):
            assert retention.purge(at=at + timedelta(days=5 * 366))["advertisers.papers"] == 1
        assert not storages["private"].exists(kept.file)
        assert not BusinessPaper.objects.exists()

    @pytest.mark.parametrize("decided", [False, True])
    def test_an_old_one_that_expires_leaves_a_newer_one_as_it_stands(self, waiting, minji, minji_user, operator, at, decided):
        self.decide(waiting, operator, at, decision=Decision.APPROVE, expires_on=date(2027, 11, 25))
        with transaction.atomic():
            newer = papers.attach(business=minji.business, stored=papers.store(file_of(picture())), by=minji_user, at=at)
        if decided:
            self.decide(newer, operator, at, decision=Decision.APPROVE)
        before = BusinessUser.objects.get(pk=newer.business_id).papers_state
        with transaction.atomic():
            assert papers.expire(on=date(2027, 11, 25)) == 1
        assert BusinessUser.objects.get(pk=newer.business_id).papers_state == before != PapersState.EXPIRED

    @pytest.mark.parametrize(("decision", "state"), [(Decision.ASK, "ASKED"), (Decision.REFUSE, "REFUSED")])
    def test_sends_back_with_a_reason_only_and_the_team_reads_it(self, waiting, minji_user, jisoo, operator, at, decision, state):
        with pytest.raises(PaperReasonMissing):
            self.decide(waiting, operator, at, decision=decision, reason="  ")
        assert not Notification.objects.filter(kind="advertisers.paper_decided").exists()
        paper = self.decide(waiting, operator, at, decision=decision, reason="글자가 흐려요.")
        assert (paper.state, paper.reason, paper.business.papers_state) == (state, "글자가 흐려요.", state)
        notice = Notification.objects.get(kind="advertisers.paper_decided")
        assert (notice.user, notice.body, notice.url) == (minji_user, "글자가 흐려요.", "/my-page/papers/")
        assert Effect.objects.filter(kind="identity.mail", ids={"notification": notice.pk}).count() == 1
        assert "글자가 흐려요." in browser(minji_user).get("/my-page/papers/").text

    def test_decides_once(self, waiting, operator, finance, at):
        self.decide(waiting, operator, at, decision=Decision.APPROVE)
        with pytest.raises(PaperDecided):
            self.decide(waiting, finance, at, decision=Decision.REFUSE, reason="늦었어요.")

    def test_of_a_replaced_paper_is_over(self, waiting, minji, minji_user, operator, at):
        with transaction.atomic():
            papers.attach(business=minji.business, stored=papers.store(file_of(picture())), by=minji_user, at=at)
        with pytest.raises(PaperDecided):
            self.decide(waiting, operator, at, decision=Decision.APPROVE)


class TestThePictures:
    def test_of_a_pdf_are_drawn_page_by_page(self, minji, minji_user, at):
        with transaction.atomic():
            paper = papers.attach(
                business=minji.business, stored=papers.store(file_of(pdf(2), "등록증.pdf", "application/pdf")), by=minji_user, at=at
            )
        assert uploads.page_count(paper) == 2
        assert [uploads.picture_of(paper, number=number)[:3] for number in (1, 2)] == [b"\xff\xd8\xff"] * 2
        for number in (0, 3):
            with pytest.raises(IndexError):
                uploads.picture_of(paper, number=number)

    def test_of_a_picture_is_the_picture(self, waiting):
        assert (uploads.page_count(waiting), uploads.picture_of(waiting, number=1)) == (1, stored_bytes(waiting))
        with pytest.raises(IndexError):
            uploads.picture_of(waiting, number=2)


class TestThePage:
    def test_shows_papers_and_takes_another(self, waiting, minji_user):
        client = browser(minji_user)
        assert "확인 중" in client.get("/my-page/papers/").content.decode()
        assert client.post("/my-page/papers/", {"paper": file_of(picture())}).status_code == 302
        assert list(BusinessPaper.objects.order_by("pk").values_list("state", flat=True)) == [State.REPLACED, State.WAITING]

    def test_says_beside_the_field_what_is_no_paper(self, waiting, minji_user):
        response = browser(minji_user).post("/my-page/papers/", {"paper": file_of(b"hello")})
        assert response.status_code == 422
        assert "JPG, PNG, WEBP 사진이나 PDF" in response.content.decode()

    def test_hands_out_the_file_to_be_kept_and_writes_it_down(self, waiting, minji_user):
        response = browser(minji_user).get(f"/my-page/papers/{waiting.public_id}/")
        assert response.headers["Content-Disposition"].startswith("attachment;")
        assert "sandbox" in response.headers["Content-Security-Policy"]
        assert AccessLog.objects.filter(action="paper.viewed", actor=minji_user).count() == 1

    def test_is_nobody_elses(self, waiting, eve_user, jisoo):
        path = f"/my-page/papers/{waiting.public_id}/"
        assert (browser(eve_user).get(path).status_code, browser(jisoo).get(path).status_code) == (404, 403)
        assert not AccessLog.objects.filter(action="paper.viewed").exists()
