"""ADV-39: the advertiser's own list beside ours, with reasons and without anything about a member."""

import io
import re
import zipfile
from datetime import timedelta

import openpyxl
import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from campaigns import own_list, services, tokens
from campaigns.models import Participation
from campaigns.postbacks.keys import Click
from common import exports
from tests import factories
from tests.campaigns.conftest import DEVICE
from tests.pages import document, press, words
from tests.signing_in import browser


@pytest.fixture
def confirmed(running, at):
    """Three who finished and one who only started; their clicks."""
    clicks = []
    for number in range(4):
        member = factories.MemberFactory(nickname=f"회원{number}")
        token = tokens.read(services.start(member=member.pk, campaign=running.public_id, device=DEVICE, at=at).token(at=at), device=DEVICE)
        services.open_landing(member=member.pk, token=token, at=at)
        if number < 3:
            services.confirm(member=member.pk, token=token, beats=2, at=at + timedelta(seconds=12))
        row = Participation.objects.get(member_id=member.pk)
        clicks.append(Click(row.public_id, row.attempt).text)
    return clicks


def csv_of(lines, name="own.csv"):
    return SimpleUploadedFile(name, "\n".join(lines).encode())


def send(client, campaign, upload, **more):
    return client.post(reverse("campaigns:own-list", args=[campaign.public_id]), {"file": upload, **more})


class TestAdv39:
    def test_adv_39_names_matched_theirs_and_ours_with_reasons(self, running, confirmed):
        first, second, third, started = confirmed
        old = started[:-2] + "07"
        listed = ["click_id", first, second.upper(), second, "f" * 34, "nonsense", started, old]
        found = own_list.compare(running, own_list.read(csv_of(listed)))
        assert found.matched == 2
        assert [(line.click, line.why) for line in found.theirs] == [
            (second, own_list.TWICE), ("f" * 34, own_list.UNKNOWN), ("nonsense", own_list.UNKNOWN),
            (started, "아직 참여하고 있어요."), (old, own_list.OLD),
        ]  # fmt: skip
        assert [(line.click, line.why) for line in found.ours] == [(third, own_list.MISSING)]

    def test_adv_39_forty_rows_unknown_to_us_are_all_named(self, running, confirmed):
        found = own_list.compare(running, [f"{number:034x}" for number in range(40)])
        assert (found.matched, len(found.theirs), len(found.ours)) == (0, 40, 3)

    def test_adv_39_sent_in_by_the_form_the_page_counts_and_names_the_forty_and_ours_and_no_member(self, running, confirmed, jisoo, at):
        first, second, third, _ = confirmed
        strangers = [f"{number:034x}" for number in range(40)]
        with time_machine.travel(at, tick=False):
            client = browser(jisoo)
            page = client.get(f"/campaigns/{running.public_id}/own-list/")
            answer = press(client, page, "비교하기", file=csv_of(["click_id", first, second, *strangers]))
            file = press(client, page, "다른 점을 엑셀로 받기", file=csv_of(["click_id", first, second, *strangers]))
        shown = document(answer)
        text = words(shown.xpath("//main")[0])
        for label, number in (("양쪽에 있어요", 2), ("보내 주신 목록에만", 40), ("부스트에만", 1)):
            assert re.search(rf"{label} ?{number} ?건", text), label
        theirs, ours = (
            [[words(cell) for cell in row.iter("th", "td")] for row in shown.xpath(f'//*[@aria-label="{label}"]//tbody/tr')]
            for label in ("보내 주신 목록에만 있는 전환", "부스트에만 있는 전환")
        )
        assert theirs == [[click, own_list.UNKNOWN] for click in strangers]
        assert ours == [[third, own_list.MISSING]]
        assert [cell.value for cell in openpyxl.load_workbook(io.BytesIO(file.content)).active["B"]][1:] == [*strangers, third]
        assert not [word for word in ("회원0", "회원1", "회원2", "@", "010-") if word in text]

    def test_adv_39_the_page_and_the_file_tell_no_member(self, running, confirmed, jisoo, at):
        with time_machine.travel(at, tick=False):
            client = browser(jisoo)
            page = send(client, running, csv_of([confirmed[0], "=cmd|' /C calc'!A0"])).content.decode()
            file = send(client, running, csv_of([confirmed[0], "=1+1"]), intent="file")
        assert confirmed[1] in page
        assert "회원" not in page.partition("<main")[2].replace("회원에게", "")
        sheet = openpyxl.load_workbook(io.BytesIO(file.content)).worksheets[0]
        cells = [[cell.value for cell in row] for row in sheet.iter_rows()]
        assert cells[1] == ["보내 주신 목록에만", "=1+1", own_list.UNKNOWN]
        assert sheet["B2"].data_type == "s"  # a text, not a formula
        assert len(cells) == 4

    def test_adv_39_reads_a_spreadsheet_and_other_encodings(self, running, confirmed):
        sheet = exports.xlsx_file([("이름", "click_id"), ("가", confirmed[0]), ("나", confirmed[1])], title="목록")
        assert own_list.read(SimpleUploadedFile("own.xlsx", sheet)) == confirmed[:2]
        assert own_list.read(SimpleUploadedFile("own.csv", f"이름,click_id\n가,{confirmed[2]}\n".encode("cp949"))) == [confirmed[2]]

    def test_adv_39_ten_thousand_rows_give_the_same_report_twice(self, running, confirmed):
        lines = [f"{number:034x}" for number in range(9_999)] + [confirmed[0]]
        first, second = (own_list.compare(running, own_list.read(csv_of(lines))) for _ in range(2))
        assert (first, first.matched, len(first.theirs)) == (second, 1, 9_999)

    @pytest.mark.parametrize(
        "content",
        [b"", b"\n\n", b"\xff\xfe\x00\x01" * 9, b"PK\x03\x04 no archive", b"x\n" * 10_001, b"x" * (own_list.MOST_BYTES + 1)],
        ids=["empty", "blank", "bytes", "zip", "long", "large"],
    )
    def test_adv_39_what_is_no_list_is_refused_with_a_sentence(self, running, minji_user, at, content):
        with time_machine.travel(at, tick=False):
            answer = send(browser(minji_user), running, SimpleUploadedFile("own.csv", content))
        assert answer.status_code == 422
        assert "이 파일을 비교할 수 없어요" in answer.content.decode()

    def test_adv_39_an_archive_that_grows_too_large_is_not_unpacked(self):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr("xl/worksheets/sheet1.xml", b"0" * (own_list.MOST_UNPACKED + 1))
        with pytest.raises(own_list.OwnListRefused, match="너무 큰"):
            own_list.read(SimpleUploadedFile("own.xlsx", out.getvalue()))

    def test_adv_39_strangers_find_no_page(self, running, eve_user):
        assert browser(eve_user).get(reverse("campaigns:own-list", args=[running.public_id])).status_code == 404
