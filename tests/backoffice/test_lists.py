"""Every room's list is searched, narrowed and taken along as a file, our own desks and the model pages of the site alike."""

import csv
import io
from urllib.parse import urlencode

import openpyxl
import pytest
from django.contrib.admin.models import LogEntry
from django.http import QueryDict

from advertisers.models import Advertiser
from backoffice import rights
from backoffice.desk_lists import LISTS
from backoffice.site import site
from campaigns.models import Block
from common import exports
from common.models import Effect
from identity.models import AccessLog, User
from tests import factories
from tests.backoffice.conftest import enter, hire
from tests.backoffice.pressing import at as address
from tests.backoffice.pressing import said

WHY = {"reason": "월말 보고에 붙여요"}
FORMULA = "=HYPERLINK(1)"


@pytest.fixture
def admin(db):
    return enter(hire("admin", rights.ADMIN))


def models():
    return sorted(site._registry, key=lambda model: model._meta.label)


class TestEveryDesk:
    @pytest.mark.parametrize("name", sorted(LISTS))
    def test_is_searched_and_narrowed_in_every_tab_and_taken_along_with_a_reason(self, admin, name):
        desk = LISTS[name]
        assert (len(desk.search) > 0, len(desk.filters) > 0) == (True, True)
        for tab in desk.tabs:
            for query in [{"q": "커피 100% '\"\\"}, *({one.name: one.choices()[0][0]} for one in desk.filters)]:
                answer = admin.get(address(desk.page), {"tab": tab, **query})
                assert (answer.status_code, answer.context["found"].is_narrowed, 'name="q"' in answer.text) == (200, True, True), (
                    tab,
                    query,
                )
        url = address("list-export", name)
        refused = admin.post(url, {"kind": "csv", "reason": " "}, follow=True)
        assert ("이유를" in said(refused), AccessLog.objects.filter(action="list.exported").count()) == (True, 0)
        answer = admin.post(f"{url}?tab={desk.tabs[0]}", {"kind": "csv", **WHY})
        assert head_of(answer.content, "csv") == [*desk.columns]
        assert AccessLog.objects.filter(action="list.exported", reason=WHY["reason"]).count() == 1
        assert LogEntry.objects.get().change_message == f"파일로 받았어요 · {WHY['reason']}"

    def test_runs_every_choice_of_every_filter(self, admin, at):
        boram = User.objects.get()
        for desk in LISTS.values():
            for one in desk.filters:
                for value, _ in one.choices():
                    found = desk.find(QueryDict(urlencode({one.name: value})), by=boram, at=at)
                    assert (found.chosen, list(found.rows)) == ({one.name: value}, []), desk.name

    def test_narrows_nothing_by_what_it_does_not_know(self, admin, at):
        for desk in LISTS.values():
            asked = QueryDict(urlencode({"tab": "nowhere", **dict.fromkeys((one.name for one in desk.filters), "x")}))
            found = desk.find(asked, by=User.objects.get(), at=at)
            assert (found.tab, found.is_narrowed) == (desk.tabs[0], False)

    def test_is_not_taken_along_by_who_may_not_see_it(self, db):
        support = enter(hire("support", rights.SUPPORT))
        finance = enter(hire("finance", rights.FINANCE))
        assert [support.post(address("list-export", name), WHY).status_code for name in LISTS] == [403] * len(LISTS)
        assert finance.post(address("list-export", "papers"), WHY).status_code == 403


def head_of(content, kind):
    if kind == "csv":
        return next(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    return [cell.value for cell in next(openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows())]


class TestAFile:
    @pytest.mark.parametrize("kind", ["csv", "xlsx"])
    def test_holds_what_the_page_shows_and_no_formula(self, admin, at, kind):
        for number, reason in enumerate((FORMULA, "여러 계정")):
            Block.objects.create(kind="MEMBER", key=f"member:{number}", reason=reason, made_at=at)
        content = admin.post(address("list-export", "blocks") + "?q=HYPER", {"kind": kind, **WHY}).content
        if kind == "csv":
            rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
            assert [row[2] for row in rows[1:]] == [exports.safe(FORMULA)]
        else:
            rows = list(openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows())
            assert [(row[2].value, row[2].data_type) for row in rows[1:]] == [(FORMULA, "s")]

    def test_of_an_unknown_list_is_none(self, admin):
        assert admin.post(address("list-export", "secrets"), WHY).status_code == 404


class TestEveryModelPage:
    def test_is_searched_narrowed_and_taken_along_with_a_reason(self, admin):
        faults = []
        for model in models():
            page = site._registry[model]
            url = address(f"{model._meta.app_label}_{model._meta.model_name}_changelist")
            narrows = bool(page.list_filter)
            shown, taken = admin.get(url, {"q": "커피"}), admin.post(url, {"_export": "csv", **WHY})
            if not (page.search_fields and narrows and shown.status_code == 200 and taken.get("Content-Disposition", "").startswith("att")):
                faults.append((model.__name__, bool(page.search_fields), narrows, shown.status_code, taken.status_code))
        assert faults == []
        assert AccessLog.objects.filter(action="list.exported").count() == len(models())


def test_a_search_finds_by_every_word_and_leaves_the_others_out(admin, minji):
    Advertiser.objects.filter(pk=minji.pk).update(name="민지네 커피")
    factories.AdvertiserFactory(name="이브네 가게")
    text = admin.get(address("advertisers_advertiser_changelist"), {"q": "민지네 커피"}).text
    assert ("민지네 커피" in text, "이브네 가게" in text) == (True, False)


def test_many_parked_effects_are_asked_about_again_one_by_one_and_each_result_is_told(admin, at):
    facts = {"kind": "identity.mail", "due_at": at, "created_at": at}
    rows = [Effect.objects.create(key=f"mail:{state}", state=state, **facts) for state in (Effect.State.PARKED, Effect.State.DONE)]
    url = address("common_effect_changelist")
    chosen = {"action": "unpark_many", "_selected_action": [row.pk for row in rows]}
    answer = admin.post(url, chosen, follow=True)
    assert ("바깥 작업 1건을 다시 확인해요." in said(answer), "mail:DONE: 멈춘 작업이 아니에요" in said(answer)) == (True, True)
    assert Effect.objects.get(pk=rows[0].pk).state != Effect.State.PARKED
    assert LogEntry.objects.get().change_message == "다시 확인: 여러 건을 함께 확인했어요"
    assert enter(hire("finance", rights.FINANCE)).post(url, chosen).status_code == 403
