"""One engine for the questions of members and of advertisers' teams."""

import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.http import Http404
from pydantic import ValidationError

from identity import retention
from identity.models import Notification, User
from inquiries import access, services
from inquiries.models import Inquiry, Message
from inquiries.schemas import InquiryIn, MessageIn
from tests import factories
from tests.connecting import connect_patiently

QUESTION = InquiryIn(topic="PAYMENT", title="영수증이 안 보여요", text="어제 결제했어요.")


@pytest.fixture
def asked(minji, minji_user, at) -> Inquiry:
    """A question of minji's team."""
    return services.ask(asker=minji_user, advertiser=minji, question=QUESTION, key="form-1", at=at)


@pytest.fixture
def asked_by_suji(suji, at) -> Inquiry:
    """A question of a member."""
    return services.ask(asker=suji.user, advertiser=None, question=QUESTION, key="form-1", at=at)


def word(text: str) -> MessageIn:
    return MessageIn(text=text)


def answer(inquiry, operator, at, text="확인했어요.", key="a"):
    return services.answer(inquiry=inquiry, by=operator, message=word(text), key=key, at=at)


class TestAsking:
    def test_opens_a_thread_and_tells_the_operators_once(self, asked, minji, minji_user, at):
        again = services.ask(asker=minji_user, advertiser=minji, question=QUESTION, key="form-1", at=at)
        assert (again.pk, asked.state, asked.kind, asked.waiting_since) == (asked.pk, "RECEIVED", "ADVERTISER", at)
        assert list(asked.messages.values_list("side", "text", "author")) == [("ASKER", "어제 결제했어요.", minji_user.pk)]
        assert Notification.objects.for_operators().get().kind == "inquiries.asked"

    def test_of_a_member_is_the_same_with_another_kind(self, asked_by_suji):
        assert (asked_by_suji.kind, asked_by_suji.advertiser) == ("MEMBER", None)

    def test_other_words_under_the_same_key_are_a_conflict_and_write_nothing(self, asked, minji, minji_user, at):
        other = QUESTION.model_copy(update={"text": "다른 내용"})
        with pytest.raises(services.KeyConflict):
            services.ask(asker=minji_user, advertiser=minji, question=other, key="form-1", at=at)
        assert (Inquiry.objects.count(), Message.objects.count()) == (1, 1)

    @pytest.mark.parametrize(
        "bad",
        [{"topic": "MONEY"}, {"title": ""}, {"title": "가"}, {"title": "가\n나"}, {"text": ""}, {"text": "가" * 2001}, {"text": "\x00"}],
    )
    def test_refuses_what_is_no_question(self, bad):
        with pytest.raises(ValidationError):
            InquiryIn(**{**QUESTION.model_dump(), **bad})

    @pytest.mark.django_db(transaction=True)
    def test_pressed_by_eight_threads_is_one_question(self, minji, minji_user, at):
        gate = threading.Barrier(8)

        def press() -> None:
            connect_patiently()
            gate.wait(timeout=20)
            services.ask(asker=minji_user, advertiser=minji, question=QUESTION, key="form-1", at=at)
            connection.close()

        threads = [threading.Thread(target=press) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert (Inquiry.objects.count(), Message.objects.count()) == (1, 1)
        assert Notification.objects.for_operators().count() == 1

    @pytest.mark.parametrize("kind", ["MEMBER", "ADVERTISER"])
    def test_a_kind_that_does_not_fit_is_refused_by_the_database(self, asked, asked_by_suji, kind):
        row = asked if kind == "MEMBER" else asked_by_suji
        with pytest.raises(IntegrityError, match="inquiries_inquiry_asker_by_kind"), transaction.atomic():
            Inquiry.objects.filter(pk=row.pk).update(kind=kind)


class TestAnswering:
    def test_stops_the_clock_and_tells_the_asker(self, asked, operator, minji_user, at):
        answer(asked, operator, at + timedelta(hours=2))
        asked.refresh_from_db()
        assert (asked.state, asked.waiting_since, asked.assignee) == ("ANSWERED", None, operator)
        told = Notification.objects.get(user=minji_user)
        assert (told.kind, told.url) == ("inquiries.answered", f"/my-page/inquiries/{asked.public_id}/")

    def test_twice_by_one_form_is_once(self, asked, operator, minji_user, at):
        assert answer(asked, operator, at).pk == answer(asked, operator, at).pk
        assert (asked.messages.count(), Notification.objects.filter(user=minji_user).count()) == (2, 1)

    def test_a_follow_up_starts_the_clock_and_opens_what_was_closed(self, asked, operator, minji_user, at):
        answer(asked, operator, at)
        services.close(inquiry=asked, by=minji_user, at=at)
        later = at + timedelta(days=1)
        services.follow_up(inquiry=asked, by=minji_user, message=word("아직 안 보여요."), key="f", at=later)
        asked.refresh_from_db()
        assert (asked.state, asked.waiting_since, asked.closed_at) == ("RECEIVED", later, None)

    def test_a_second_question_keeps_the_first_ones_place_in_the_queue(self, asked, minji_user, at):
        services.follow_up(inquiry=asked, by=minji_user, message=word("덧붙여요."), key="f", at=at + timedelta(hours=5))
        asked.refresh_from_db()
        assert asked.waiting_since == at
        assert list(Inquiry.objects.waiting()) == [asked]

    def test_somebody_in_charge_looks_into_it_and_stays_in_charge(self, asked, operator, finance, at):
        services.assign(inquiry=asked, to=finance, by=operator, at=at)
        asked.refresh_from_db()
        assert (asked.state, asked.assignee, asked.waiting_since) == ("CHECKING", finance, at)
        answer(asked, operator, at)
        asked.refresh_from_db()
        assert asked.assignee == finance

    def test_is_the_operators_and_ends_with_the_thread(self, asked, operator, minji_user, at):
        for act in (services.answer, services.note):
            with pytest.raises(services.OnlyOperators):
                act(inquiry=asked, by=minji_user, message=word("제가 답해요."), key="x", at=at)
        with pytest.raises(services.OnlyOperators):
            services.assign(inquiry=asked, to=minji_user, by=operator, at=at)
        services.close(inquiry=asked, by=operator, at=at)
        with pytest.raises(services.AlreadyClosed):
            answer(asked, operator, at)
        assert asked.messages.count() == 1


class TestNotes:
    def test_ops_21_an_internal_note_is_never_visible_outside(self, asked, operator, minji_user, at):
        services.note(inquiry=asked, by=operator, message=word("고객이 화가 났어요."), key="n", at=at)
        answer(asked, operator, at)
        assert [message.text for message in access.messages_of(asked)] == ["어제 결제했어요.", "확인했어요."]
        assert asked.messages.count() == 3
        assert "화가" not in "".join(f"{notice.title}{notice.body}" for notice in Notification.objects.all())

    def test_do_not_stop_the_clock(self, asked, operator, at):
        services.note(inquiry=asked, by=operator, message=word("확인 필요"), key="n", at=at)
        asked.refresh_from_db()
        assert (asked.state, asked.waiting_since) == ("RECEIVED", at)


class TestWhoseItIs:
    def test_the_team_reads_and_goes_on_with_it_and_nobody_else(self, asked, minji, jisoo, eve_user, suji, at, rf):
        def request_of(user: User):
            request = rf.get("/")
            request.user, request.session = user, {}
            return request

        assert access.get_team_inquiry(request_of(jisoo), asked.public_id) == asked
        services.follow_up(inquiry=asked, by=jisoo, message=word("저도 안 보여요."), key="j", at=at)
        with pytest.raises(Http404):
            access.get_team_inquiry(request_of(eve_user), asked.public_id)
        for stranger in (eve_user, suji.user):
            with pytest.raises(services.NotYours):
                services.follow_up(inquiry=asked, by=stranger, message=word("끼어들기"), key="s", at=at)
            with pytest.raises(services.NotYours):
                services.close(inquiry=asked, by=stranger, at=at)
        assert asked.messages.count() == 2

    def test_a_members_question_is_only_hers(self, asked_by_suji, suji, at):
        other = factories.MemberFactory(user__phone="+821099999999").user
        assert access.get_own_inquiry(suji.user, asked_by_suji.public_id) == asked_by_suji
        with pytest.raises(Http404):
            access.get_own_inquiry(other, asked_by_suji.public_id)
        with pytest.raises(services.NotYours):
            services.follow_up(inquiry=asked_by_suji, by=other, message=word("끼어들기"), key="s", at=at)

    def test_somebody_who_left_the_team_may_not_go_on(self, asked, jisoo, at):
        jisoo.memberships.update(is_active=False)
        with pytest.raises(services.NotYours):
            services.follow_up(inquiry=asked, by=jisoo, message=word("아직요"), key="j", at=at)


class TestRetention:
    def test_end_by_themselves_a_month_after_an_answer_that_nobody_took_up(self, asked, asked_by_suji, operator, at):
        answer(asked, operator, at)
        answer(asked_by_suji, operator, at)
        services.follow_up(inquiry=asked_by_suji, by=asked_by_suji.asker, message=word("하나 더요."), key="b", at=at + timedelta(days=20))
        answer(asked_by_suji, operator, at + timedelta(days=21), key="c")
        assert services.end_answered(at=at + timedelta(days=30)) == 0
        assert services.end_answered(at=at + timedelta(days=30, seconds=1)) == 1
        asked.refresh_from_db()
        assert (asked.state, asked.closed_at) == (Inquiry.State.CLOSED, at + timedelta(days=30, seconds=1))
        services.follow_up(inquiry=asked, by=asked.asker, message=word("아직이에요."), key="d", at=at + timedelta(days=40))
        assert services.end_answered(at=at + timedelta(days=400)) == 1, "what was asked again waits for the house"

    def test_keeps_ended_inquiries_for_three_years(self, asked, asked_by_suji, operator, at):
        services.close(inquiry=asked, by=operator, at=at)
        assert retention.purge(at=at + timedelta(days=3 * 366 - 1))["inquiries.closed"] == 0
        assert retention.purge(at=at + timedelta(days=3 * 366))["inquiries.closed"] == 2  # the thread and its word
        assert list(Inquiry.objects.all()) == [asked_by_suji]
