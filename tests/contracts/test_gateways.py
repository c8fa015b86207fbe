"""What every payment gateway must do, whichever company is behind it. Asserted on the company's own book."""

import sys
from datetime import UTC, datetime, timedelta

import pytest

from common.provider import GatewayError
from payments.gateways.base import CancelState, ConfirmRefused, PayoutAccount, RemoteState, WebhookRefused

KEY = "0f8a5e7c-0000-4000-8000-000000000001-1"


def cancel(scene, amount_krw, remaining_krw, key=KEY):
    return scene.gateway.cancel(ref=scene.ref, amount_krw=amount_krw, remaining_krw=remaining_krw, reason="고객 요청", key=key)


class TestFetch:
    def test_knows_nothing_of_an_order_whose_window_was_never_opened(self, scene):
        assert scene.gateway.fetch(ref=scene.ref).state is RemoteState.ABSENT

    def test_sees_an_open_window(self, scene):
        scene.driver.enter(scene.checkout())

        remote = scene.gateway.fetch(ref=scene.ref)

        assert (remote.state, remote.was_taken) == (RemoteState.READY, False)

    def test_sees_a_payment_with_everything_we_compare(self, scene):
        scene.pay()

        remote = scene.gateway.fetch(ref=scene.ref)
        expected = scene.gateway.expected

        assert (remote.ref, remote.state, remote.amount_krw, remote.currency) == (scene.ref, RemoteState.PAID, 110_000, "KRW")
        assert (remote.store, remote.provider, remote.version, remote.is_live) == (
            expected.store,
            expected.provider,
            expected.version,
            expected.is_live,
        )
        assert remote.channel in expected.channels
        assert remote.paid_at is not None
        assert remote.paid_at.utcoffset() is not None
        assert (remote.method, remote.cancels, bool(remote.is_disputed)) == ("CARD", (), False)
        assert remote.receipt_url.startswith("http")
        assert remote.buyer == "7c0f8a5e-0000-4000-8000-000000000001"  # after a restore it says whose the payment is

    def test_says_why_a_card_was_declined(self, scene):
        scene.driver.enter(scene.checkout())
        scene.driver.decline(scene.ref)

        remote = scene.gateway.fetch(ref=scene.ref)

        assert (remote.state, bool(remote.failure)) == (RemoteState.FAILED, True)

    def test_holds_a_state_it_does_not_know(self, scene):
        scene.pay()
        scene.driver.say_unknown_state(scene.ref)

        assert scene.gateway.fetch(ref=scene.ref).state is RemoteState.UNKNOWN

    @pytest.mark.parametrize("kind", ["garbage", "error", "drop"])
    def test_calls_a_spoiled_answer_unknown(self, scene, kind):
        scene.pay()
        scene.driver.spoil(kind=kind, when="before", path="/payments/")

        with pytest.raises(GatewayError) as silence:
            scene.gateway.fetch(ref=scene.ref)

        assert silence.value.known is False


class TestConfirm:
    def test_captures_nothing_before_our_server_agrees(self, scene):
        scene.driver.enter(scene.checkout())
        token = scene.driver.agree(scene.ref)

        if not scene.gateway.needs_confirm:
            assert (token, scene.driver.captured(scene.ref)) == ("", (110_000, 0))
            return
        assert scene.driver.captured(scene.ref) == (0, 0)
        assert scene.gateway.confirm(ref=scene.ref, token=token, amount_krw=110_000).state is RemoteState.PAID
        assert scene.driver.captured(scene.ref) == (110_000, 0)

    def test_refuses_another_amount_for_certain(self, scene):
        scene.driver.enter(scene.checkout(amount_krw=1_000))
        token = scene.driver.agree(scene.ref)
        if not scene.gateway.needs_confirm:
            assert scene.gateway.fetch(ref=scene.ref).amount_krw == 1_000  # captured; our comparison has to notice
            return

        with pytest.raises(ConfirmRefused) as refusal:
            scene.gateway.confirm(ref=scene.ref, token=token, amount_krw=110_000)

        assert (refusal.value.known, bool(refusal.value.words), scene.driver.captured(scene.ref)) == (True, True, (0, 0))

    def test_takes_nobodys_token_for_no_word_about_this_order(self, scene):
        """Whoever calls the way back may bring any token: that must not end the order of somebody else."""
        if not scene.gateway.needs_confirm:
            return
        scene.driver.enter(scene.checkout())
        scene.driver.agree(scene.ref)
        other = "BO01CONTRACT0000000000000002"
        scene.driver.enter(scene.checkout(other))
        strange = scene.driver.agree(other)

        for token in ("made-up-by-somebody", strange):
            with pytest.raises(GatewayError) as refusal:
                scene.gateway.confirm(ref=scene.ref, token=token, amount_krw=110_000)
            assert (refusal.value.known, isinstance(refusal.value, ConfirmRefused)) == (True, False)
        assert scene.driver.captured(scene.ref) == (0, 0)

    def test_captures_once_when_the_first_answer_was_lost(self, scene):
        scene.driver.enter(scene.checkout())
        token = scene.driver.agree(scene.ref)
        if not scene.gateway.needs_confirm:
            return
        scene.driver.spoil(kind="drop", when="after", path="/confirm")

        with pytest.raises(GatewayError) as silence:
            scene.gateway.confirm(ref=scene.ref, token=token, amount_krw=110_000)

        assert silence.value.known is False
        assert scene.gateway.confirm(ref=scene.ref, token=token, amount_krw=110_000).state is RemoteState.PAID
        assert scene.driver.captured(scene.ref) == (110_000, 0)

    def test_may_be_repeated(self, scene):
        scene.pay()

        if scene.gateway.needs_confirm:
            again = scene.gateway.confirm(ref=scene.ref, token=scene.token, amount_krw=110_000)
            assert again.state is RemoteState.PAID
        assert scene.driver.captured(scene.ref) == (110_000, 0)


class TestCancel:
    def test_gives_a_part_back_and_carries_our_key(self, scene):
        scene.pay()

        made = cancel(scene, 33_000, 110_000)
        remote = scene.gateway.fetch(ref=scene.ref)

        assert (made.state, made.amount_krw, made.key) == (CancelState.SUCCEEDED, 33_000, KEY)
        assert (remote.state, remote.cancelled_krw, remote.cancels) == (RemoteState.PART_CANCELLED, 33_000, (made,))
        assert scene.driver.captured(scene.ref) == (110_000, 33_000)

    def test_gives_everything_back(self, scene):
        scene.pay()

        cancel(scene, 110_000, 110_000)

        assert scene.gateway.fetch(ref=scene.ref).state is RemoteState.CANCELLED

    def test_pays_once_for_a_repeated_key(self, scene):
        scene.pay()

        first, again = cancel(scene, 33_000, 110_000), cancel(scene, 33_000, 110_000)

        assert first == again
        assert scene.driver.captured(scene.ref) == (110_000, 33_000)

    def test_pays_once_when_the_first_answer_was_lost(self, scene):
        scene.pay()
        scene.driver.spoil(kind="drop", when="after", path="/cancel")

        with pytest.raises(GatewayError) as silence:
            cancel(scene, 33_000, 110_000)
        again = cancel(scene, 33_000, 110_000)

        assert (silence.value.known, again.state) == (False, CancelState.SUCCEEDED)
        assert scene.driver.captured(scene.ref) == (110_000, 33_000)

    def test_refuses_a_wrong_belief_about_what_is_left(self, scene):
        scene.pay()

        with pytest.raises(GatewayError) as refusal:
            cancel(scene, 33_000, 77_000)

        assert (refusal.value.known, refusal.value.status >= 400) == (True, True)
        assert scene.driver.captured(scene.ref) == (110_000, 0)

    def test_refuses_more_than_is_left(self, scene):
        scene.pay()

        with pytest.raises(GatewayError) as refusal:
            cancel(scene, 110_001, 110_000)

        assert (refusal.value.known, scene.driver.captured(scene.ref)) == (True, (110_000, 0))

    def test_refuses_before_anything_was_paid(self, scene):
        scene.driver.enter(scene.checkout())

        with pytest.raises(GatewayError) as refusal:
            cancel(scene, 110_000, 110_000)

        assert refusal.value.known is True

    @pytest.mark.parametrize(("outcome", "state"), [("REQUESTED", CancelState.REQUESTED), ("FAILED", CancelState.FAILED)])
    def test_does_not_take_an_answer_for_money(self, scene, outcome, state):
        scene.pay()
        scene.driver.next_cancel(outcome)

        assert cancel(scene, 33_000, 110_000).state is state
        assert scene.gateway.fetch(ref=scene.ref).cancelled_krw == 0

    def test_calls_an_error_of_the_card_company_unknown(self, scene):
        scene.pay()
        scene.driver.next_cancel("PG_PROVIDER")

        with pytest.raises(GatewayError) as silence:
            cancel(scene, 33_000, 110_000)

        assert silence.value.known is False

    def test_tells_a_strangers_cancel_from_ours(self, scene):
        scene.pay()
        scene.driver.console_cancel(scene.ref, 10_000)
        cancel(scene, 33_000, 100_000)

        assert [(item.amount_krw, item.key) for item in scene.gateway.fetch(ref=scene.ref).cancels] == [(10_000, ""), (33_000, KEY)]


class TestVirtualAccounts:
    DUE = datetime(2030, 1, 2, 14, 59, 59, tzinfo=UTC)

    def test_shows_bank_number_and_end_of_an_account_that_waits_for_money(self, scene):
        scene.issue(self.DUE)

        remote = scene.gateway.fetch(ref=scene.ref)

        assert (remote.state, remote.was_taken, remote.method) == (RemoteState.ACCOUNT_ISSUED, False, "VIRTUAL_ACCOUNT")
        assert (remote.account.bank, bool(remote.account.number), remote.account.due_at) == ("088", True, self.DUE)
        assert scene.driver.captured(scene.ref) == (0, 0)

    def test_is_paid_once_the_money_is_there(self, scene):
        scene.issue(self.DUE)
        scene.driver.deposit(scene.ref)

        remote = scene.gateway.fetch(ref=scene.ref)

        assert (remote.state, remote.amount_krw, remote.method) == (RemoteState.PAID, 110_000, "VIRTUAL_ACCOUNT")

    def test_gives_back_to_a_named_account_and_to_nobody_without_one(self, scene):
        scene.issue(self.DUE)
        scene.driver.deposit(scene.ref)

        with pytest.raises(GatewayError) as refusal:
            cancel(scene, 33_000, 110_000)
        made = scene.gateway.cancel(
            ref=scene.ref,
            amount_krw=33_000,
            remaining_krw=110_000,
            reason="고객 요청",
            key=KEY[:-1] + "2",
            account=PayoutAccount(bank="088", number="110123456789", holder="김민지"),
        )

        assert (refusal.value.known, made.state, scene.driver.captured(scene.ref)) == (True, CancelState.SUCCEEDED, (110_000, 33_000))


class TestListPayments:
    def test_walks_every_page_and_leaves_out_what_moved_no_money(self, scene, monkeypatch):
        monkeypatch.setattr(sys.modules[type(scene.gateway).__module__], "PAGE_SIZE", 2)
        refs = [scene.pay(f"BO01CONTRACT000000000000000{number}") for number in range(5)]
        scene.driver.enter(scene.checkout("BO01CONTRACT0000000000000009"))

        now = datetime.now(UTC)
        listed = list(scene.gateway.list_payments(since=now - timedelta(hours=1), until=now + timedelta(minutes=1)))

        assert sorted(remote.ref for remote in listed) == refs
        assert {remote.amount_krw for remote in listed} == {110_000}

    def test_leaves_out_what_moved_before(self, scene):
        scene.pay()

        later = datetime.now(UTC) + timedelta(minutes=5)

        assert list(scene.gateway.list_payments(since=later, until=later + timedelta(minutes=5))) == []


class TestParseWebhook:
    def test_reads_a_message_and_says_whether_it_was_proved(self, scene):
        headers, body = scene.driver.message(scene.ref)

        event = scene.gateway.parse_webhook(headers=headers, body=body)

        assert (event.event_id, event.ref, event.is_proved) == ("contract-1", scene.ref, scene.driver.signs)

    def test_refuses_a_message_that_was_changed_or_never_calls_it_proved(self, scene):
        headers, body = scene.driver.message(scene.ref)
        changed = body.replace(b"0001", b"0002")

        if not scene.driver.signs:
            assert scene.gateway.parse_webhook(headers=headers, body=changed).is_proved is False
            return
        with pytest.raises(WebhookRefused):
            scene.gateway.parse_webhook(headers=headers, body=changed)

    def test_refuses_a_message_without_any_part_of_its_proof(self, scene):
        headers, body = scene.driver.message(scene.ref)

        for missing in scene.driver.proof:
            with pytest.raises(WebhookRefused):
                scene.gateway.parse_webhook(headers={name: value for name, value in headers.items() if name != missing}, body=body)

    @pytest.mark.parametrize(
        "body", [b"", b"[]", b"null", b'{"eventType":7,"data":[]}', b"\xff", b"[" * 40_000, b'{"data":{"orderId":{}}}']
    )
    def test_names_no_order_where_a_body_names_none(self, scene, body):
        headers, _ = scene.driver.message(scene.ref)

        try:
            event = scene.gateway.parse_webhook(headers=headers, body=body)
        except WebhookRefused:
            return
        assert (event.ref, event.is_proved) == ("", False)
