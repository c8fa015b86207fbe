"""The desk for raffles: prepared by one, paid for by another, drawn by nobody."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.db import transaction
from django.utils import timezone

from backoffice import rights
from rewards import raffles
from rewards.models import Raffle, RaffleWinner
from rewards.models.raffles import State
from rewards.raffles import clock, drand, drawing
from tests import factories
from tests.backoffice.conftest import enter, hire
from tests.backoffice.pressing import at, said
from tests.rewards.raffle_world import give, press

PRIZES = "헤드폰 | 1 | 40,000\n커피 쿠폰 | 10 | 4500원"


def wanted(**changes):
    now = timezone.localtime()
    moments = {"opens_at": now - timedelta(minutes=1), "closes_at": now + timedelta(days=1)}
    return {
        "title": "헤드폰 래플", "body": "", "prizes": PRIZES, "tickets_per_entry": "1", "entries_per_member": "1,000", "reserves": "3",
        **{name: f"{moment:%Y-%m-%dT%H:%M}" for name, moment in moments.items()}, **changes,
    }  # fmt: skip


@pytest.fixture
def editor(db):
    return enter(hire("boram", rights.CONTENT))


@pytest.fixture
def cashier(db):
    return enter(hire("jaehee", rights.FINANCE))


@pytest.fixture
def raffle(editor):
    editor.post(at("raffle-new"), wanted())
    return Raffle.objects.get()


class TestPreparing:
    def test_keeps_what_was_typed_and_who_did_it(self, raffle, editor):
        assert [(prize["name"], prize["quantity"], prize["value_krw"]) for prize in raffle.prizes] == [
            ("헤드폰", 1, 40_000),
            ("커피 쿠폰", 10, 4_500),
        ]
        assert (raffle.state, raffle.reserves, raffle.prize_value_krw) == (State.DRAFT, 3, 85_000)
        assert raffle.draws_at - raffle.closes_at == timedelta(minutes=10)
        assert LogEntry.objects.get().change_message == "래플 준비"
        assert "헤드폰 래플" in editor.get(at("raffle-list")).text

    @pytest.mark.parametrize(
        ("field", "value", "words"),
        [
            ("prizes", "헤드폰", "이름 | 수량 | 시가"),
            ("prizes", "헤드폰 | 하나 | 4만원", "숫자로"),
            ("prizes", "", "필요"),
            ("closes_at", "2020-01-01T00:00", "시작보다 뒤"),
            ("opens_at", "내일", "날짜와 시각"),
            ("closes_at", "9999-12-31T23:59", "날짜와 시각"),
            ("tickets_per_entry", "0", "1"),
        ],
        ids=["no parts", "words", "nothing", "backwards", "no moment", "no more calendar", "free"],
    )
    def test_says_what_is_wrong_and_writes_nothing(self, editor, field, value, words):
        answer = editor.post(at("raffle-new"), wanted(**{field: value}))
        assert (answer.status_code, Raffle.objects.count()) == (422, 0)
        assert words in answer.text

    def test_is_not_for_who_only_looks_after_money(self, cashier):
        assert cashier.get(at("raffle-new")).status_code == 403
        assert cashier.get(at("raffle-list")).status_code == 200


class TestFunding:
    def test_takes_a_second_person(self, raffle, cashier, editor):
        assert editor.post(at("raffle-fund", raffle.public_id)).status_code == 403
        cashier.post(at("raffle-fund", raffle.public_id))
        raffle.refresh_from_db()
        assert (raffle.state, raffle.funded_krw) == (State.FUNDED, 85_000)

    def test_an_admin_does_not_fund_what_he_prepared(self, db):
        admin = enter(hire("gaeun", rights.ADMIN))
        admin.post(at("raffle-new"), wanted())
        made = Raffle.objects.get()
        answer = admin.post(at("raffle-fund", made.public_id), follow=True)
        made.refresh_from_db()
        assert made.state == State.DRAFT
        assert "다른 운영자에게" in said(answer)

    def test_ops_24_the_clock_opens_it_and_no_button_does(self, raffle, cashier, editor):
        cashier.post(at("raffle-fund", raffle.public_id))
        clock.tick(at=timezone.now())
        raffle.refresh_from_db()
        assert raffle.state == State.OPEN
        text = editor.get(at("raffle-detail", raffle.public_id)).text
        assert "열기, 마감, 추첨은 정한 시각에 저절로 해요" in text
        assert raffle.sealed_seed not in text


class TestVoid:
    def test_needs_a_reason(self, raffle, editor):
        assert editor.post(at("raffle-void", raffle.public_id), {"reason": ""}).status_code == 422
        raffle.refresh_from_db()
        assert raffle.state == State.DRAFT

    def test_ends_it_for_everybody_to_read(self, raffle, editor):
        editor.post(at("raffle-void", raffle.public_id), {"reason": "경품을 구하지 못했어요"})
        raffle.refresh_from_db()
        assert (raffle.state, raffle.void_reason) == (State.VOID, "경품을 구하지 못했어요")


class TestDelivering:
    def test_is_written_down_once_and_only_for_what_was_claimed(self, raffle, cashier, editor):
        cashier.post(at("raffle-fund", raffle.public_id))
        now = timezone.now()
        clock.tick(at=now)
        member = factories.MemberFactory()
        give(member, 1, now)
        press(member, Raffle.objects.get(), at=now)
        closed = raffles.close(raffle=Raffle.objects.get(), at=raffle.closes_at)
        with transaction.atomic():
            drawing.record_draw(raffle_id=raffle.pk, value=drand.PublicValue(closed.public_round, "00" * 48, "ab" * 32), at=raffle.draws_at)
        address = at("raffle-deliver", raffle.public_id, 1)
        editor.post(address, {"reason": "택배 1234"})
        assert RaffleWinner.objects.get().state == "WON"
        raffles.claim(member=member, raffle=raffle.public_id, at=raffle.draws_at)
        for _ in range(2):
            editor.post(address, {"reason": "택배 1234"})
        assert RaffleWinner.objects.get().state == "DELIVERED"
        assert raffle.events.filter(kind="GIVEN").count() == 1
