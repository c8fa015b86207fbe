"""The desks for what members sent in and for what is doubted: by keyboard, grouped, with an author for each decision."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from campaigns import evidence, pictures, services, tasks
from campaigns.fraud import rules, suspicions
from campaigns.models import Block, Clearance, Evidence, Invalidation, NetworkRange, Participation
from common.models import DatedSetting
from credits import selectors as credits
from credits import services as ledger
from identity import retention
from tests import factories
from tests.backoffice.pressing import said
from tests.campaigns.conftest import launch, submit  # noqa: F401 (fixtures)
from tests.campaigns.test_answers import begin
from tests.campaigns.test_fraud_rules import FARM, SOON, visit
from tests.campaigns.test_pictures import send

WHY = {"reason": "확인해 보니 그래야 해요"}


@pytest.fixture(autouse=True)
def _a_place_for_files(settings, tmp_path):
    backend = "django.core.files.storage.FileSystemStorage"
    settings.STORAGES = {**settings.STORAGES, "private": {"BACKEND": backend, "OPTIONS": {"location": str(tmp_path)}}}


@pytest.fixture
def clock(at):
    with time_machine.travel(at + SOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def farm(launch, at):  # noqa: F811 (the fixture)
    """Three members on one device, paid and found."""
    campaign = launch()
    members = [visit(campaign, at, FARM) for _ in range(3)]
    rules.run(at=at + SOON)
    return campaign, members


def receipts(campaign, at, count, first=1):
    for number in range(first, first + count):
        member = factories.MemberFactory()
        send(member, begin(member, campaign, at), number, at, size=(320, 240))


def current(text):
    """The number of the item that the keys speak of."""
    (item,) = re.findall(r'<tr data-item tabindex="-1" aria-current="true">.*?value="([0-9a-f-]{36})"', text, re.S)
    return item


class TestEvidence:
    def test_ops_22_fifty_pictures_are_approved_by_keyboard_and_each_names_its_author(self, minji, launch, desk, clock, at):  # noqa: F811
        wanted = 50
        with transaction.atomic():
            ledger.top_up(advertiser=minji, credits=9_000, order_id="more", gateway="portone", key="more:top_up", at=at)
        receipts(launch(type="PROOF", budget=100 * wanted), at, wanted)
        page = desk("reviewer")
        for _ in range(wanted):
            text = page.get("/backoffice/evidence/").content.decode()
            (action,) = re.findall(r'action="([^"]+approve/)" data-yes>(?:(?!</form>).)*aria-keyshortcuts="a" autofocus', text, re.S)
            page.post(action)  # the focus is there already: Enter
        assert set(Evidence.objects.values_list("verdict", "decided_by__username")) == {("APPROVED", "reviewer")}
        assert "확인할 참여가 없어요" in page.get("/backoffice/evidence/").content.decode()

    def test_ops_22_pictures_that_look_alike_stand_together_whatever_their_campaign(self, submit, operator, desk, clock, at):  # noqa: F811
        one, two = (
            services.approve(campaign=submit(key=title, title=title, type="PROOF", budget=400), by=operator, at=at)
            for title in ("첫 영수증", "둘째 영수증")
        )
        receipts(one, at, 2)
        receipts(two, at + timedelta(minutes=1), 1, first=3)
        looks = {1: "0f0f0f0f0f0f0f0f", 2: "ffffffffffffffff", 3: "0f0f0f0f0f0f0fe1"}  # the third is near the first
        for number, row in enumerate(Evidence.objects.order_by("at", "pk"), start=1):
            Evidence.objects.filter(pk=row.pk).update(look=looks[number])
        text = desk("reviewer").get("/backoffice/evidence/").content.decode()
        shown = re.findall(r"<b>(첫 영수증|둘째 영수증)</b></a>", text)
        assert shown == ["첫 영수증", "둘째 영수증", "첫 영수증"]
        assert text.count("비슷한 사진 1건") == 2
        first, _, third = Evidence.objects.order_by("at", "pk").values_list("public_id", flat=True)
        assert [text.count(f'/evidence/{number}/picture/"') for number in (first, third)] == [4, 4], "each beside the other"

    def test_ops_22_after_a_decision_the_next_one_is_the_current_one(self, launch, desk, clock, at):  # noqa: F811
        receipts(launch(type="PROOF", budget=400), at, 3)
        page, numbers = desk("reviewer"), [str(row.public_id) for row in Evidence.objects.order_by("at", "pk")]
        text = page.get(f"/backoffice/evidence/?item={numbers[1]}").content.decode()
        assert current(text) == numbers[1]
        answer = page.post(f"/backoffice/evidence/{numbers[1]}/refuse/", {"choice": evidence.REASONS[0], "next": numbers[2]}, follow=True)
        assert (current(answer.content.decode()), Evidence.objects.get(public_id=numbers[1]).reason) == (numbers[2], evidence.REASONS[0])

    def test_ops_22_the_second_of_two_operators_reads_who_was_first_and_decides_nothing(self, launch, desk, clock, at):  # noqa: F811
        receipts(launch(type="PROOF", budget=400), at, 1)
        row = Evidence.objects.get()
        first, second = desk("reviewer"), desk("admin")
        first.post(f"/backoffice/evidence/{row.public_id}/approve/")
        late = second.post(f"/backoffice/evidence/{row.public_id}/refuse/", {"choice": evidence.REASONS[0]}, follow=True)
        assert "reviewer 담당 님이 먼저 통과했어요(" in said(late)
        row.refresh_from_db()
        assert (row.verdict, row.decided_by.username, LogEntry.objects.count()) == ("APPROVED", "reviewer", 1)

    def test_many_that_were_ticked_are_refused_one_by_one_and_each_result_is_told(self, launch, desk, clock, at):  # noqa: F811
        receipts(launch(type="PROOF", budget=400), at, 3)
        page, numbers = desk("reviewer"), [str(row.public_id) for row in Evidence.objects.order_by("at", "pk")]
        desk("admin").post(f"/backoffice/evidence/{numbers[0]}/approve/")
        answer = page.post("/backoffice/evidence/refuse-many/", {"evidence": numbers, "choice": evidence.REASONS[2]}, follow=True)
        assert ("참여 2건을 거절했어요" in said(answer), "admin 담당 님이 먼저 통과했어요" in said(answer)) == (True, True)
        assert sorted(Evidence.objects.values_list("verdict", flat=True)) == ["APPROVED", "REFUSED", "REFUSED"]
        assert LogEntry.objects.count() == 3
        assert "고른 것이 없어요" in said(page.post("/backoffice/evidence/refuse-many/", {"choice": "x"}, follow=True))
        assert page.post("/backoffice/evidence/refuse-many/", {"evidence": "x"}).status_code == 404


class TestSuspicions:
    def test_ops_23_are_taken_back_by_one_press(self, farm, desk, minji, clock):
        campaign, members = farm
        page = desk("reviewer")
        text = page.get("/backoffice/suspicions/").content.decode()
        assert text.count("한 기기에서 여러 회원이 참여했어요") == 3
        numbers = [str(number) for number in Participation.objects.values_list("public_id", flat=True)]
        url = f"/backoffice/suspicions/{campaign.public_id}/invalidate/"
        assert "이유" in page.post(url, {"participations": numbers}, follow=True).content.decode()
        assert not Invalidation.objects.exists()
        told = page.post(url, {"participations": numbers, "is_fraud": "on", **WHY}, follow=True).content.decode()
        assert "참여 3건을 무효로 하고 30크레딧을 돌려줬어요" in told
        assert "의심 참여가 없어요" in told
        assert [credits.member_tickets(member.pk) for member in members] == [0, 0, 0]
        assert page.post(url, {"participations": ["x"], **WHY}).status_code == 404

    def test_ops_23_the_second_of_two_operators_reads_who_was_first(self, farm, desk, clock):
        campaign, _ = farm
        number = str(Participation.objects.values_list("public_id", flat=True)[0])
        cleared = {"participations": number, "choice": suspicions.FINE}
        desk("reviewer").post(f"/backoffice/suspicions/{campaign.public_id}/clear/", cleared)
        late = desk("admin").post(f"/backoffice/suspicions/{campaign.public_id}/clear/", cleared, follow=True)
        assert "reviewer 담당 님이 먼저 의심을 풀었어요(" in said(late)
        assert (Clearance.objects.count(), LogEntry.objects.count()) == (1, 1)

    def test_ops_23_of_one_campaign_are_found_by_its_name(self, farm, desk, clock):
        page = desk("reviewer")
        assert page.get("/backoffice/suspicions/?q=민지네").content.decode().count("data-item") == 3
        assert "조건에 맞는 참여가 없어요" in page.get("/backoffice/suspicions/?q=없는이름").content.decode()

    def test_are_cleared_with_a_reason(self, farm, desk, clock):
        campaign, _ = farm
        numbers = [str(number) for number in Participation.objects.values_list("public_id", flat=True)]
        page = desk("reviewer")
        told = page.post(f"/backoffice/suspicions/{campaign.public_id}/clear/", {"participations": numbers, **WHY}, follow=True)
        assert "참여 3건의 의심을 풀었어요" in said(told)
        assert Clearance.objects.count() == 3

    def test_are_only_looked_at_by_those_who_may_not_decide(self, farm, desk, clock):
        campaign, _ = farm
        page = desk("content")
        text = page.get("/backoffice/suspicions/").content.decode()
        assert "한 기기에서" in text
        assert "무효로 하고" not in text
        assert page.post(f"/backoffice/suspicions/{campaign.public_id}/invalidate/", WHY).status_code == 403


class TestBlocks:
    def test_a_member_is_blocked_and_let_in_again(self, suji, desk, clock):
        page = desk("reviewer")
        add = {"member": str(suji.public_id), "days": "30", **WHY}
        assert "이 회원의 참여를 막았어요" in page.post("/backoffice/blocks/add/", add, follow=True).content.decode()
        assert "이미 참여를 막은 회원이에요" in page.post("/backoffice/blocks/add/", add, follow=True).content.decode()
        for wrong in ({**add, "member": "x"}, {**add, "days": "-1"}, {**add, "days": "12345"}):
            assert "다시 확인해 주세요" in page.post("/backoffice/blocks/add/", wrong, follow=True).content.decode()
        block = Block.objects.get()
        assert "수지" in page.get("/backoffice/blocks/").content.decode()
        said = page.post(f"/backoffice/blocks/{block.pk}/lift/", WHY, follow=True).content.decode()
        assert "차단을 풀었어요" in said
        assert "막힌 회원이나 주소가 없어요" in said

    def test_the_line_of_the_person_names_the_member_and_lifts_both(self, suji, desk, clock):
        type(suji).objects.filter(pk=suji.pk).update(person_hash="p" * 64)
        page = desk("reviewer")
        page.post("/backoffice/blocks/add/", {"member": str(suji.public_id), "days": "0", **WHY})
        assert page.get("/backoffice/blocks/").content.decode().count("</b> 수지</th>") == 2
        said = page.post(f"/backoffice/blocks/{Block.objects.get(kind='PERSON').pk}/lift/", WHY, follow=True).content.decode()
        assert "막힌 회원이나 주소가 없어요" in said


class TestLists:
    def test_are_imported_whole_or_not_at_all(self, desk, clock):
        page, url = desk("reviewer"), "/backoffice/traffic-lists/import/"

        def upload(text):
            return page.post(url, {"name": "vpn", "file": SimpleUploadedFile("vpn.txt", text.encode())}, follow=True).content.decode()

        assert "vpn 목록 1줄을 들여왔어요" in upload("# boost traffic list 1\nVPN 45.83.91.0/24\n")
        assert "3번째 줄" in upload("# boost traffic list 1\nVPN 1.2.3.4\nVPN nobody\n")
        assert [str(row.network) for row in NetworkRange.objects.all()] == ["45.83.91.0/24"]
        assert "파일을 골라 주세요" in page.post(url, {"name": "vpn"}, follow=True).content.decode()


class TestPicturesOfLongAgo:
    def test_are_destroyed_after_three_years_and_the_decision_stays(self, launch, operator, at):  # noqa: F811
        campaign = launch(type="PROOF")
        receipts(campaign, at, 1)
        row = services.decide_evidence(evidence=Evidence.objects.get(), is_fine=True, by=operator, at=at)
        days = timedelta(days=tasks.LEGAL_DAYS)
        assert retention.purge(at=at + days)["campaigns.evidence_pictures"] == 0
        assert retention.purge(at=at + days + timedelta(seconds=1))["campaigns.evidence_pictures"] == 1
        kept = Evidence.objects.get()
        assert (kept.file, kept.verdict, kept.decided_by, kept.digest) == ("", "APPROVED", operator, row.digest)
        with pytest.raises(FileNotFoundError):
            pictures.answer(row.file)

    def test_are_kept_longer_where_the_policy_says_so(self, launch, operator, at):  # noqa: F811
        DatedSetting.objects.create(name="campaigns.picture_days", value=2_000, effective_from=at, reason="test")
        campaign = launch(type="PROOF")
        receipts(campaign, at, 1)
        services.decide_evidence(evidence=Evidence.objects.get(), is_fine=True, by=operator, at=at)
        assert retention.purge(at=at + timedelta(days=1_999))["campaigns.evidence_pictures"] == 0
        assert retention.purge(at=at + timedelta(days=2_001))["campaigns.evidence_pictures"] == 1

    def test_that_nobody_decided_about_are_kept(self, launch, at):  # noqa: F811
        campaign = launch(type="PROOF")
        receipts(campaign, at, 1)
        assert retention.purge(at=at + timedelta(days=9_999))["campaigns.evidence_pictures"] == 0
