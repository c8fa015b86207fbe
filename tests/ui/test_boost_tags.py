"""Money, Korean dates and small marks, to the letter."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import Context, Template
from django.test import RequestFactory

from common.templatetags import boost

AFTERNOON = datetime(2026, 11, 23, 5, 2, tzinfo=UTC)  # 14:02 in Seoul
AFTER_MIDNIGHT = datetime(2026, 11, 23, 15, 5, tzinfo=UTC)  # 00:05 of the 24th in Seoul


def draw(source, **context):
    return Template("{% load boost %}" + source).render(Context(context)).strip()


class TestMoney:
    @pytest.mark.parametrize(
        "value, text", [(3_300_000, "3,300,000"), (0, "0"), (999, "999"), (-1_500, "−1,500"), ("42000", "42,000"), (None, ""), ("", "")]
    )
    def test_credits(self, value, text):
        assert boost.credits(value) == text

    @pytest.mark.parametrize("value, text", [(3_300_000, "3,300,000원"), (0, "0원"), (-90, "−90원"), (None, ""), ("", "")])
    def test_won(self, value, text):
        assert boost.won(value) == text

    @pytest.mark.parametrize("value, text", [(90_000, "+90,000"), (-500, "−500"), (0, "0"), (None, "")])
    def test_signed(self, value, text):
        assert boost.signed(value) == text

    @pytest.mark.parametrize(
        "value, text",
        [
            (100_000, "10만"),
            (3_000_000, "300만"),
            (15_000, "1.5만"),
            (12_000_000, "1,200만"),
            (120_000_000, "1.2억"),
            (9_900, "9,900"),
            (123_456, "123,456"),
            (0, "0"),
            (-300_000, "−30만"),
        ],
    )
    def test_short_money(self, value, text):
        assert boost.short_money(value) == text

    def test_the_tag_puts_the_unit_behind_the_number(self):
        assert draw('{% money 3300000 "원" "text-3xl" %}') == '<span class="money text-3xl">3,300,000<small>원</small></span>'

    def test_the_tag_writes_no_unit_when_the_label_says_it(self):
        assert draw("{% money amount %}", amount=1_527_640) == '<span class="money ">1,527,640</span>'


class TestDates:
    def test_a_day(self):
        assert boost.kst_date(AFTERNOON) == "11월 23일 월요일"

    def test_the_day_is_the_day_in_seoul(self):
        assert boost.kst_date(AFTER_MIDNIGHT) == "11월 24일 화요일"

    def test_a_plain_date(self):
        assert boost.kst_date(date(2026, 1, 4)) == "1월 4일 일요일"

    def test_a_moment_in_a_table(self):
        assert boost.kst_short(AFTERNOON) == "11.23 14:02"

    def test_a_date_in_a_table(self):
        assert boost.kst_short(date(2026, 1, 4)) == "01.04"

    @pytest.mark.parametrize(
        "at, text",
        [
            (AFTERNOON, "2026년 11월 23일 월요일 오후 2:02"),
            (AFTER_MIDNIGHT, "2026년 11월 24일 화요일 오전 12:05"),
            (datetime(2026, 11, 23, 3, 0, tzinfo=UTC), "2026년 11월 23일 월요일 오후 12:00"),
            (date(2026, 11, 23), "2026년 11월 23일 월요일"),
        ],
    )
    def test_in_full(self, at, text):
        assert boost.kst_full(at) == text

    def test_for_machines(self):
        assert boost.kst_iso(AFTERNOON) == "2026-11-23T14:02:00+09:00"

    def test_nothing_stays_nothing(self):
        assert (boost.kst_date(None), boost.kst_short(None), boost.kst_full(None)) == ("", "", "")


class TestCountdown:
    def parts(self, left):
        values = boost.countdown(AFTERNOON + left, AFTERNOON)
        return values["days"], values["hours"], values["minutes"], values["seconds"], values["show_seconds"], values["is_over"]

    def test_splits_what_is_left(self):
        assert self.parts(timedelta(days=1, hours=6, minutes=38, seconds=4)) == (1, 6, 38, 4, False, False)

    def test_shows_seconds_only_in_the_last_hour(self):
        assert self.parts(timedelta(minutes=59, seconds=59)) == (0, 0, 59, 59, True, False)

    def test_says_what_happens_when_time_is_up(self):
        assert self.parts(timedelta(seconds=-5)) == (0, 0, 0, 0, True, True)
        assert "추첨중" in draw("{% countdown ends at %}", ends=AFTERNOON, at=AFTERNOON)


class TestMarks:
    def test_progress_is_an_element_not_a_style(self):
        assert (
            draw('{% progress 842660 1300000 "예산 소진" %}')
            == '<progress class="bar" value="842660" max="1300000" data-tone="" aria-label="예산 소진"></progress>'
        )

    def test_progress_stays_inside_its_bar(self):
        assert 'value="100" max="100"' in draw('{% progress 130 100 "x" %}')
        assert 'value="0" max="1"' in draw('{% progress 5 0 "x" %}')

    def test_an_icon_is_hidden_from_the_voice(self):
        assert draw('{% icon "check" "size-4" %}') == (
            '<svg class="size-4" aria-hidden="true" focusable="false"><use href="/static/dist/sprite.svg#i-check"/></svg>'
        )

    @pytest.mark.parametrize(
        "direction, good, tone", [("up", "up", "good"), ("down", "up", "bad"), ("up", "down", "bad"), ("flat", "up", "flat")]
    )
    def test_a_change_is_good_or_bad_by_its_meaning(self, direction, good, tone):
        assert boost.delta("1%", direction, good)["tone"] == tone


class TestPages:
    def test_lists_near_pages_and_gaps(self):
        pages = Paginator(range(240), 10)
        assert boost.page_numbers(pages.page(1)) == [1, 2, 0, 24]
        assert boost.page_numbers(pages.page(7)) == [1, 0, 6, 7, 8, 0, 24]
        assert boost.page_numbers(pages.page(3)) == [1, 2, 3, 4, 0, 24]
        assert boost.page_numbers(Paginator(range(5), 10).page(1)) == [1]

    def test_keeps_the_other_parameters_of_the_address(self):
        request = RequestFactory().get("/x/", {"status": "PAID", "page": "2"})
        assert draw('{% page_link "page" 3 %}', request=request) == "?status=PAID&amp;page=3"


class TestNavLink:
    def draw(self, path, source):
        request = RequestFactory().get(path)
        request.urlconf = "config.urls.advertiser"
        return draw(source, request=request)

    def test_marks_the_page_we_are_on(self):
        assert 'href="/pricing/" aria-current="page"' in self.draw("/pricing/", '{% nav_link "inquiries:pricing" "요금" %}')

    def test_does_not_mark_other_pages(self):
        assert "aria-current" not in self.draw("/", '{% nav_link "inquiries:pricing" "요금" %}')

    @pytest.mark.parametrize("exact, marked", [("False", True), ("True", False)])
    def test_marks_what_is_below_a_page_unless_it_is_to_be_exact(self, exact, marked):
        drawn = self.draw("/my-page/credit/", '{% nav_link "advertisers:my-page" "마이페이지" exact=' + exact + " %}")
        assert ("aria-current" in drawn) is marked

    def test_draws_nothing_for_a_page_that_does_not_exist(self):
        assert self.draw("/", '{% nav_link "inquiries:moon" "달" %}') == ""


class TestPortalUrl:
    def request(self, portal):
        request = RequestFactory().get("/")
        request.portal = portal
        return request

    def test_is_a_path_inside_the_portal(self):
        found = draw('{% portal_url "advertiser" "inquiries:terms" slug="refund" %}', request=self.request("advertiser"))
        assert found == "/terms/refund/"

    def test_is_a_full_address_from_another_portal(self, settings):
        settings.PORTAL_ORIGINS = {"advertiser": "https://boost.example", "luckffle": "https://luckffle.example", "backoffice": ""}
        found = draw('{% portal_url "advertiser" "inquiries:terms" slug="refund" %}', request=self.request("luckffle"))
        assert found == "https://boost.example/terms/refund/"

    def test_is_empty_when_there_is_no_such_page(self):
        assert draw('{% portal_url "advertiser" "inquiries:moon" %}', request=self.request("advertiser")) == ""


class ExampleForm(forms.Form):
    name = forms.CharField(label="이름", help_text="나만 볼 수 있어요.")
    amount = forms.IntegerField(label="금액", min_value=10, error_messages={"min_value": "10부터 넣을 수 있어요."})
    secret = forms.CharField(label="비밀번호", widget=forms.PasswordInput())
    way = forms.ChoiceField(label="수단", choices=[("CARD", "카드")], widget=forms.RadioSelect)
    agree = forms.BooleanField(label="동의")
    token = forms.CharField(widget=forms.HiddenInput())


class TestField:
    def draw(self, name, data=None, **more):
        form = ExampleForm(data)
        return Template('{% include "components/field.html" %}').render(Context({"field": form[name], **more}))

    def test_ties_the_help_to_the_control(self):
        html = self.draw("name")
        assert 'aria-describedby="id_name_m"' in html
        assert '<p class="help" id="id_name_m">나만 볼 수 있어요.</p>' in html
        assert "aria-invalid" not in html

    def test_ties_the_mistake_to_the_control_and_marks_it(self):
        html = self.draw("amount", {"amount": "3"})
        assert 'aria-invalid="true"' in html
        assert 'aria-describedby="id_amount_m"' in html
        assert 'id="id_amount_m"' in html
        assert "10부터 넣을 수 있어요." in html

    def test_labels_the_control(self):
        assert '<label for="id_amount">금액' in self.draw("amount")

    def test_puts_the_unit_inside_the_frame(self):
        html = self.draw("amount", unit="크레딧")
        assert '<div class="input">' in html
        assert "크레딧</span>" in html

    def test_lets_people_look_at_a_password(self):
        assert 'data-reveal="id_secret"' in self.draw("secret")

    def test_groups_choices(self):
        html = self.draw("way")
        assert '<legend class="legend' in html
        assert 'class="choice"' in html

    def test_shows_no_label_for_what_is_hidden(self):
        assert "<label" not in self.draw("token")

    def test_escapes_what_people_wrote(self):
        assert "<b>" not in self.draw("name", {"name": '"><b>굵게'})


class TestDialog:
    def test_posts_with_the_token_of_the_page(self):
        html = Template(
            '{% load boost %}{% dialog "pause" title="멈출까요?" action="/x/" verb="일시중지하기" %}<p>{{ why }}</p>{% enddialog %}'
        ).render(Context({"csrf_token": "t" * 64, "why": "<i>"}))
        assert '<form method="post" action="/x/">' in html
        assert "t" * 64 in html
        assert "<p>&lt;i&gt;</p>" in html
        assert 'commandfor="pause" command="close">그만두기' in html
        assert "일시중지하기</button>" in html

    def test_has_no_form_when_there_is_nothing_to_send(self):
        html = Template('{% load boost %}{% dialog "info" title="안내" leave="닫기" %}읽어 주세요{% enddialog %}').render(Context())
        assert "<form" not in html
        assert html.count("<button") == 1
