"""Whom a campaign may reach, and lists of people to leave out."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from campaigns import audience
from campaigns.models import Draft, ExcludedPerson, ExclusionList
from tests import factories
from tests.campaigns.writing import ANSWERS, url, write
from tests.signing_in import browser


def people(content, name="고객 목록.csv"):
    return SimpleUploadedFile(name, content if isinstance(content, bytes) else content.encode(), content_type="text/csv")


@pytest.fixture
def keep(minji, minji_user, at):
    return lambda content: audience.keep_list(advertiser=minji, upload=people(content), by=minji_user, at=at)


class TestSize:
    @pytest.fixture
    def members(self, db):
        """63 women of 26 in Seoul, 40 men of 46 in Busan, and 5 of whom nobody knows anything."""
        for count, born, sex, region in ((63, 2000, "FEMALE", "SEOUL"), (40, 1980, "MALE", "BUSAN"), (5, None, "", "")):
            for _ in range(count):
                factories.MemberFactory(birth_year=born, sex=sex, region=region)

    @pytest.mark.parametrize(
        "setting, expected",
        [
            ({}, (100, False)),
            ({"sex": "FEMALE"}, (60, False)),
            ({"age_from": 20, "age_until": 30}, (60, False)),
            ({"sex": "MALE"}, (0, True)),
            ({"age_from": 90}, (0, True)),
            ({"regions": ["SEOUL"]}, (60, False)),
            ({"regions": ["BUSAN"]}, (0, True)),
            ({"regions": ["SEOUL", "BUSAN"]}, (100, False)),
            ({"regions": ["BUSAN", "SEOUL"], "sex": "MALE"}, (0, True)),
            ({"regions": ["ATLANTIS", 7]}, (100, False)),
            ({"age_from": "스무 살", "sex": "?"}, (100, False)),
        ],
    )
    def test_is_told_in_tens_and_never_below_fifty(self, members, at, setting, expected):
        found = audience.size(setting, at=at)
        assert (found.people, found.is_small) == expected

    def test_the_step_never_writes_a_small_number(self, members, minji_user, at, monkeypatch):
        monkeypatch.setattr(timezone, "now", lambda: at)
        client = browser(minji_user)
        draft = write(client)
        sent = {**ANSWERS["setting"], "sex": "MALE", "intent": "autosave", "version": str(draft.version), "tab": "t"}
        text = client.post(url(draft, "setting"), sent, headers={"HX-Request": "true"}).content.decode()
        assert "50명보다 적어요" in text
        assert "40" not in text.partition('id="kept"')[0]

    def test_conditions_that_are_looked_at_later_are_named(self, db, at):
        assert audience.size({"systems": ["IOS"]}, at=at).is_uncounted
        assert not audience.size({"sex": "MALE", "regions": ["SEOUL"]}, at=at).is_uncounted


class TestLists:
    def test_keeps_hashes_of_every_spelling_once_and_no_number(self, keep):
        row = keep("휴대전화\n010-1234-5678\n01012345678,김민지\n+82 10-9999-0000\n\n")
        assert (row.entries, row.name) == (2, "고객 목록.csv")
        keys = set(ExcludedPerson.objects.values_list("key", flat=True))
        assert keys == {audience.person_key("+821012345678"), audience.person_key("+821099990000")}
        assert not any("1234" in key and len(key) < 64 for key in keys)

    def test_reads_what_spreadsheets_in_korea_write(self, keep):
        assert keep("전화번호\r\n010-1234-5678\r\n".encode("cp949")).entries == 1

    @pytest.mark.parametrize(
        "content, words",
        [
            ("", "파일은 2MB까지"),
            ("이름\n", "휴대전화 번호가 한 줄에 하나씩 있어야 해요."),
            ("010-1234-5678\n02-123-4567\n아무개 1", "2번째 줄이 휴대전화 번호가 아니에요. 모두 2줄을 고쳐 주세요."),
            (b"\x89PNG\r\n\x1a\n\x00\x00", "텍스트나 CSV 파일을 올려 주세요."),
        ],
    )
    def test_what_is_no_list_is_refused_and_nothing_kept(self, keep, content, words):
        with pytest.raises(audience.ListRefused) as refusal:
            keep(content)
        assert words in str(refusal.value)
        assert (ExclusionList.objects.count(), ExcludedPerson.objects.count()) == (0, 0)

    def test_is_forgotten_after_a_year(self, keep, at):
        row = keep("010-1234-5678")
        assert audience.forget_expired(at=row.expires_at - timezone.timedelta(seconds=1)) == 0
        assert audience.forget_expired(at=row.expires_at) == 1
        assert (ExclusionList.objects.count(), ExcludedPerson.objects.count()) == (0, 0)

    def test_is_uploaded_in_the_setting_step_and_taken_away_again(self, minji_user, at, monkeypatch):
        monkeypatch.setattr(timezone, "now", lambda: at)
        client = browser(minji_user)
        draft = write(client)
        sent = {**ANSWERS["setting"], "intent": "save", "version": str(draft.version), "tab": "t"}
        answer = client.post(url(draft, "setting"), {**sent, "people": people("010-1234-5678\n")}, follow=True)
        row = ExclusionList.objects.get()
        assert "고객 목록.csv" in answer.content.decode()
        saved = Draft.objects.get()
        assert saved.answers["setting"]["exclusions"] == str(row.public_id)
        drop = {**sent, "exclusions": str(row.public_id), "intent": "drop:exclusions", "version": str(saved.version)}
        client.post(url(draft, "setting"), drop)
        assert "exclusions" not in Draft.objects.get().answers["setting"]
