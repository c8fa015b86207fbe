"""What every gateway that keeps cards must do, whichever company is behind it. Asserted on the company's own book."""

from dataclasses import replace

import pytest

from common.provider import GatewayError
from payments.gateways import cards_of, get_gateway
from payments.gateways.base import Checkout, ConfirmRefused, RemoteState
from tests.card_owners import CARD_OWNERS
from tests.contracts.conftest import DRIVERS

WISH = Checkout(
    order_id="0f8a5e7c000040008000000000000001",
    amount_krw=0,
    title="부스트 자동 충전 카드",
    buyer_id="7c0f8a5e-0000-4000-8000-000000000001",
    buyer_name="김민지",
    buyer_phone="+821000001234",
    buyer_email="minji@example.com",
    return_url="http://127.0.0.1:8000/my-page/cards/x/",
)
ORDER = replace(WISH, order_id="BO01CONTRACT0000000000000001", amount_krw=110_000, title="부스트 크레딧 100,000")


class Keeping:
    """One gateway's cards and their owner."""

    def __init__(self, name, sandbox):
        self.name, self.owner, self.cards = name, CARD_OWNERS[name](sandbox), cards_of(name)

    def card(self, wish=WISH):
        return self.cards.issue(wish=wish, said=self.owner.keeps(self.cards.checkout(wish=wish)))

    def payment(self):
        return get_gateway(self.name).fetch(ref=ORDER.order_id)


@pytest.fixture(params=sorted(CARD_OWNERS))
def keeping(request, _contract_sandbox, settings, db):
    _contract_sandbox.reset()
    DRIVERS[request.param]().configure(settings, _contract_sandbox, manual=False)
    return Keeping(request.param, _contract_sandbox)


class TestIssue:
    def test_keeps_a_card_with_its_number_masked(self, keeping):
        card = keeping.card()

        assert ("****" in card.name, bool(card.key), keeping.owner.kept()) == (True, True, ["ISSUED"])

    def test_refuses_a_buyer_who_left(self, keeping):
        with pytest.raises(ConfirmRefused) as refusal:
            keeping.cards.issue(wish=WISH, said={"code": "PAY_PROCESS_CANCELED", "message": "x"})

        assert (refusal.value.known, "마치지 않았어요" in refusal.value.words) == (True, True)

    def test_refuses_the_card_of_somebody_else(self, keeping):
        said = keeping.owner.keeps(keeping.cards.checkout(wish=WISH))

        with pytest.raises(ConfirmRefused):
            keeping.cards.issue(wish=replace(WISH, buyer_id="7c0f8a5e-0000-4000-8000-000000000002"), said=said)

    def test_refuses_what_somebody_made_up(self, keeping):
        with pytest.raises(ConfirmRefused):
            keeping.cards.issue(wish=WISH, said={"authKey": "made-up", "billingKey": "billing-key-made-up"})

    def test_calls_silence_unknown_and_asking_again_gives_the_card(self, keeping):
        said = keeping.owner.keeps(keeping.cards.checkout(wish=WISH))
        keeping.owner.spoil(kind="drop", when="after", path="/billing")

        with pytest.raises(GatewayError) as silence:
            keeping.cards.issue(wish=WISH, said=said)

        assert (silence.value.known, isinstance(silence.value, ConfirmRefused)) == (False, False)
        assert "****" in keeping.cards.issue(wish=WISH, said=said).name


class TestCharge:
    def test_takes_the_money_of_the_order(self, keeping):
        keeping.cards.charge(key=keeping.card().key, order=ORDER, attempt="auto-0000000000000001")

        remote = keeping.payment()
        expected = get_gateway(keeping.name).expected
        assert (remote.state, remote.amount_krw, remote.currency, remote.method) == (RemoteState.PAID, 110_000, "KRW", "CARD")
        assert (remote.store, remote.provider, remote.version, remote.is_live) == (
            expected.store, expected.provider, expected.version, expected.is_live,
        )  # fmt: skip
        assert remote.channel in expected.channels

    def test_takes_it_once_however_often_and_by_whichever_attempt(self, keeping):
        key = keeping.card().key
        for attempt in ("auto-0000000000000001", "auto-0000000000000001", "auto-0000000000000002"):
            keeping.cards.charge(key=key, order=ORDER, attempt=attempt)

        assert (keeping.payment().amount_krw, keeping.payment().cancels) == (110_000, ())

    def test_declined_takes_nothing(self, keeping):
        key = keeping.card().key
        keeping.owner.declines(1)

        with pytest.raises(GatewayError) as refusal:
            keeping.cards.charge(key=key, order=ORDER, attempt="auto-0000000000000001")

        assert refusal.value.code == keeping.owner.declined
        assert not keeping.payment().was_taken
        assert isinstance(refusal.value, ConfirmRefused) or keeping.payment().state is RemoteState.FAILED

    @pytest.mark.parametrize("kind", ["drop", "error", "garbage"])
    def test_a_lost_answer_is_unknown_and_the_book_says_it_was_taken(self, keeping, kind):
        key = keeping.card().key
        keeping.owner.spoil(kind=kind, when="after", path="/billing-key")

        with pytest.raises(GatewayError) as silence:
            keeping.cards.charge(key=key, order=ORDER, attempt="auto-0000000000000001")

        assert (silence.value.known, keeping.payment().state) == (False, RemoteState.PAID)

    def test_a_deleted_card_pays_nothing(self, keeping):
        card = keeping.card()
        keeping.cards.delete(key=card.key)

        with pytest.raises(ConfirmRefused):
            keeping.cards.charge(key=card.key, order=ORDER, attempt="auto-0000000000000001")

        assert keeping.payment().state is RemoteState.ABSENT


class TestDelete:
    def test_again_is_no_refusal(self, keeping):
        card = keeping.card()

        for _ in range(2):
            keeping.cards.delete(key=card.key)

        assert keeping.owner.kept() == ["DELETED"]

    def test_without_a_contract_nothing_is_kept(self, settings, keeping):
        settings.PORTONE_CHANNEL_KEY_BILLING = ""

        assert cards_of("portone") is None
