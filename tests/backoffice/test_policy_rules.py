"""Rules on wording in the back office: saved only when they judge their own samples rightly."""

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from backoffice import rights
from campaigns.models import PolicyRule
from tests.backoffice.conftest import hire
from tests.signing_in import browser


@pytest.fixture
def reviewer(db):
    return browser(hire("reviewer", rights.REVIEWER))


def at(name, *args):
    return reverse(f"backoffice:campaigns_policyrule_{name}", args=args, urlconf="config.urls.backoffice")


RULE = {
    "name": "시험 기준", "field": "ANY", "words": "최저가", "unless": "", "message": "근거가 있어야 해요.", "bad": "전국 최저가",
    "good": "저렴한 가격", "is_active": "on", "reason": "새 지침",
}  # fmt: skip


def test_adv_17_a_rule_is_added_with_samples_and_a_reason(reviewer):
    assert reviewer.post(at("add"), RULE).status_code == 302
    assert PolicyRule.objects.get(name="시험 기준").words == "최저가"
    assert "새 지침" in LogEntry.objects.get().change_message


@pytest.mark.parametrize(
    "changes, words",
    [({"bad": "평범한 말"}, "걸려야 하는 예가 걸리지 않아요"), ({"good": "동네 최저가"}, "때문에 걸려요"), ({"reason": ""}, "필수")],
)
def test_adv_17_one_that_gets_a_sample_wrong_is_refused_with_the_sample(reviewer, changes, words):
    answer = reviewer.post(at("add"), {**RULE, **changes})
    assert (answer.status_code, PolicyRule.objects.filter(name="시험 기준").exists()) == (200, False)
    assert words in answer.content.decode()


def test_it_is_switched_off_and_never_deleted(reviewer):
    reviewer.post(at("add"), RULE)
    rule = PolicyRule.objects.get(name="시험 기준")
    off = {name: value for name, value in RULE.items() if name != "is_active"}
    reviewer.post(at("change", rule.pk), {**off, "reason": "너무 넓어요"})
    rule.refresh_from_db()
    assert not rule.is_active
    assert reviewer.post(at("delete", rule.pk), {"post": "yes"}).status_code == 403


def test_support_only_reads(db):
    client = browser(hire("support", rights.SUPPORT))
    assert client.get(at("changelist")).status_code == 200
    assert client.post(at("add"), RULE).status_code == 403
