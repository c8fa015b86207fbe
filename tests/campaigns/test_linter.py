"""What a reviewer would probably reject is said before, by rules that prove themselves on their own samples."""

import importlib

import pytest
from django.utils import timezone

from campaigns import linter
from campaigns.models import Campaign, PolicyRule
from tests.campaigns.writing import submit, url, write
from tests.signing_in import browser

FIRST = importlib.import_module("campaigns.migrations.0008_first_policy_rules").RULES


def rule(**changes):
    values = {
        "name": "시험", "field": "ANY", "words": "최저가\n국내 1위", "unless": "", "message": "근거가 있어야 해요.", "bad": "전국 최저가",
        "good": "저렴한 가격",
    }  # fmt: skip
    return PolicyRule(**{**values, **changes})


class TestRules:
    @pytest.mark.parametrize("values", FIRST, ids=[f"rule-{number}" for number in range(len(FIRST))])
    def test_the_first_ones_pass_their_own_samples(self, values):
        linter.refuse_wrong(PolicyRule(**values))

    @pytest.mark.parametrize("text", ["최저가", "최 저 가", "최.저.가", "국내１위", "국내 1 위 브랜드"])
    def test_spaces_signs_and_wide_letters_hide_no_word(self, text):
        assert linter.found_by(rule(), text)

    def test_a_word_beside_it_may_make_it_good(self):
        labelled = rule(words="솔직 후기", unless="광고\n협찬")
        assert linter.found_by(labelled, "솔직 후기 보기") == "솔직 후기"
        assert linter.found_by(labelled, "솔직 후기 보기", beside="협찬을 받았어요") == ""

    @pytest.mark.parametrize(
        "changes, words",
        [
            ({"bad": "평범한 말"}, "걸려야 하는 예가 걸리지 않아요: 평범한 말"),
            ({"good": "우리 동네 최저가"}, "걸리지 않아야 하는 예가 ‘최저가’ 때문에 걸려요"),
            ({"bad": ""}, "하나씩은 적어 주세요"),
            ({"good": " \n "}, "하나씩은 적어 주세요"),
            ({"words": "\n - \n"}, "찾을 말을 한 줄에 하나씩"),
        ],
    )
    def test_one_that_judges_its_samples_wrongly_is_refused(self, changes, words):
        with pytest.raises(linter.RuleRefused) as refusal:
            linter.refuse_wrong(rule(**changes))
        assert words in str(refusal.value)

    def test_only_active_rules_and_only_their_field_speak(self, db):
        PolicyRule.objects.all().delete()
        rule(name="제목만", field="TITLE").save()
        rule(name="꺼짐", words="무료", is_active=False).save()
        assert linter.warnings({"title": "무료 커피", "body": "최저가"}) == []
        [found] = linter.warnings({"title": "최저가 커피", "body": ""})
        assert (found.field, found.word) == ("title", "최저가")


class TestInTheWizard:
    @pytest.fixture(autouse=True)
    def _clock_stands_still(self, monkeypatch, at):
        monkeypatch.setattr(timezone, "now", lambda: at)

    def test_adv_17_a_missing_ad_label_is_likely_to_be_rejected_with_a_link_to_the_field_and_may_be_submitted(self, minji_user, db):
        PolicyRule.objects.update_or_create(name=FIRST[0]["name"], defaults=FIRST[0])
        client = browser(minji_user)
        draft = write(client, body="솔직 후기를 읽어 보세요.")
        page = client.get(url(draft, "review")).content.decode()
        assert "반려될 수 있어요: ‘솔직 후기’" in page
        assert f'href="{url(draft, "design")}#id_body"' in page
        submit(client, draft)
        assert Campaign.objects.count() == 1

    def test_adv_17_a_label_makes_it_good(self, minji_user, db):
        PolicyRule.objects.update_or_create(name=FIRST[0]["name"], defaults=FIRST[0])
        client = browser(minji_user)
        draft = write(client, body="[광고] 솔직 후기를 읽어 보세요.")
        assert "반려될 수 있어요" not in client.get(url(draft, "review")).content.decode()
