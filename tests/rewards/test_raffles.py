"""A raffle from its promise to its winners, and every way in which it must refuse."""

import hashlib
import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction

from bench import breakages
from common import handlers
from common.errors import DomainError
from common.models import Effect
from credits import proof
from credits import selectors as balances
from credits.models import Entry
from docs import verify_raffle
from identity.models import Notification
from rewards import raffles
from rewards.models import Raffle, RaffleDraw, RaffleEntry, RaffleEvent, RaffleWinner
from rewards.models.raffles import MOVES, State
from rewards.raffles import claiming, clock, drand, drawing, errors, fairness, record
from rewards.raffles.rules import moment
from tests import factories
from tests.identity.conftest import identity_sandbox
from tests.rewards.raffle_world import HEADPHONES, HOUR, closed, draft, drawn, give, opened, press, tickets_of
from tests.rewards.test_raffle_fairness import QUICKNET_KEY

__all__ = ["identity_sandbox"]
SCRIPT = Path(verify_raffle.__file__)
API = "https://api.drand.sh"


def refusal(code):
    """Expect the refusal with this code."""
    return pytest.raises(DomainError, check=lambda raised: raised.code == code)


@pytest.fixture
def members(db, at):
    """Three members with twelve tickets each."""
    made = [factories.MemberFactory(nickname=name) for name in ("하나", "두리", "세나")]
    for member in made:
        give(member, 12, at)
    return made


@pytest.fixture
def raffle(operator, finance, at):
    return opened(at, by=operator, funder=finance, reserves=1)


@pytest.fixture
def drand_sandbox(identity_sandbox, settings):
    """drand on a real socket."""
    handlers.load()
    identity_sandbox.reset()
    settings.DRAND_URL = f"{identity_sandbox.base_url}/drand"
    return identity_sandbox


@pytest.fixture
def finished(raffle, members, drand_sandbox):
    """Everybody entered, the clock has drawn."""
    for number, member in enumerate(members, start=1):
        press(member, raffle, chances=number, at=raffle.opens_at)
    closed(raffle)
    return drawn(raffle, at=raffle.draws_at)


class TestOpening:
    def test_needs_the_money_of_every_prize(self, operator, at):
        with pytest.raises(errors.NotFunded):
            raffles.open_raffle(raffle=draft(at, by=operator), at=at)

    def test_the_money_is_confirmed_by_somebody_else(self, operator, finance, at):
        raffle = draft(at, by=operator)
        with pytest.raises(errors.FunderIsMaker):
            raffles.fund(raffle=raffle, by=operator, at=at)
        assert [raffles.fund(raffle=raffle, by=finance, at=at).funded_krw for _ in range(2)] == [40_000] * 2
        assert RaffleEvent.objects.filter(raffle=raffle).count() == 1

    def test_promises_seed_rules_and_a_round_after_the_closing(self, raffle):
        promise = raffle.commitment
        rules = json.loads(promise.rules)
        assert (rules["prizes"], rules["public_value"]["round"]) == ([HEADPHONES], raffle.public_round)
        assert drand.time_of(raffle.public_round) >= raffle.draws_at > raffle.closes_at
        assert promise.seed_hash not in (raffle.sealed_seed, "")

    @pytest.mark.parametrize("field", ["prizes", "closes_at", "tickets_per_entry", "reserves", "public_round", "sealed_seed"])
    def test_what_was_promised_cannot_be_changed(self, raffle, field, at):
        value = {"prizes": [], "closes_at": at + 2 * HOUR, "sealed_seed": "x"}.get(field, 9)
        with pytest.raises(DatabaseError, match="stays as it was"), transaction.atomic():
            Raffle.objects.filter(pk=raffle.pk).update(**{field: value})

    @pytest.mark.parametrize("model", ["commitment", "event"])
    def test_its_history_cannot_be_rewritten(self, raffle, model):
        row = raffle.commitment if model == "commitment" else raffle.events.first()
        with pytest.raises(DatabaseError, match="history"), transaction.atomic():
            row.delete()

    @pytest.mark.parametrize("origin", list(State))
    @pytest.mark.parametrize("target", list(State))
    def test_moves_as_drawn_and_never_otherwise(self, operator, at, origin, target):
        raffle = draft(at, by=operator)
        promised = {"sealed_seed": "x", "public_round": 1, "void_reason": "x"}
        path = {
            State.DRAFT: [], State.FUNDED: ["FUNDED"], State.OPEN: ["FUNDED", "OPEN"], State.CLOSED: ["FUNDED", "OPEN", "CLOSED"],
            State.DRAWN: ["FUNDED", "OPEN", "CLOSED", "DRAWN"], State.FINISHED: ["FUNDED", "OPEN", "CLOSED", "DRAWN", "FINISHED"],
            State.VOID: ["VOID"],
        }[origin]  # fmt: skip
        rows = Raffle.objects.filter(pk=raffle.pk)
        rows.update(**promised)
        for state in path:
            rows.update(state=state)
        if origin == target or target in MOVES[origin]:
            rows.update(state=target)
        else:
            with pytest.raises(DatabaseError, match="does not move"), transaction.atomic():
                rows.update(state=target)


class TestEntering:
    def test_usr_06_five_of_twelve_tickets_pressed_twice_are_used_once(self, raffle, members, at):
        first, second = (press(members[0], raffle, chances=5, at=at) for _ in range(2))
        assert (first.pk, first.tickets, tickets_of(members[0])) == (second.pk, 5, 7)
        assert RaffleEntry.objects.count() == 1

    def test_usr_06_shows_the_entrys_own_id_and_chances(self, raffle, members, at):
        entry = press(members[0], raffle, chances=5, at=at)
        shown = record.proofs_of(raffle, members[0], record.entries_of(raffle, members[0]))
        assert [(row["entry"], row["chances"], row["line"]) for row in shown["entries"]] == [(str(entry.public_id), 5, None)]

    def test_usr_07_after_the_closing_by_our_clock_the_tickets_stay(self, raffle, members):
        with pytest.raises(errors.RaffleClosed):
            press(members[0], raffle, at=raffle.closes_at)
        assert (tickets_of(members[0]), RaffleEntry.objects.count()) == (12, 0)

    def test_usr_07_the_last_microsecond_counts(self, raffle, members):
        assert press(members[0], raffle, at=raffle.closes_at - timedelta(microseconds=1)).tickets == 1

    def test_a_member_who_has_too_few_keeps_them(self, raffle, members, at):
        with refusal("credits.insufficient"):
            press(members[0], raffle, chances=13, at=at)
        assert tickets_of(members[0]) == 12

    def test_the_same_key_for_another_number_is_a_conflict(self, raffle, members, at):
        press(members[0], raffle, chances=1, at=at)
        with refusal("credits.idempotency_conflict"):
            press(members[0], raffle, chances=2, at=at)

    def test_keeps_the_limit_of_one_person(self, operator, finance, members, at):
        raffle = opened(at, by=operator, funder=finance, entries_per_member=3)
        press(members[0], raffle, chances=2, at=at)
        with pytest.raises(errors.TooManyEntries):
            press(members[0], raffle, chances=2, key="two", at=at)
        assert tickets_of(members[0]) == 10

    def test_who_was_shut_out_enters_nothing(self, raffle, members, at):
        members[0].is_active = False
        members[0].save()
        with refusal("member.inactive"):
            press(members[0], raffle, at=at)

    def test_a_draft_takes_nothing(self, operator, members, at):
        with pytest.raises(errors.RaffleNotOpen):
            press(members[0], draft(at, by=operator), at=at)

    def test_what_is_earned_is_not_bought(self, operator, finance, members, at):
        raffle = opened(at, by=operator, funder=finance, tickets_per_entry=0)
        with pytest.raises(errors.EarnedOnly):
            press(members[0], raffle, at=at)
        with transaction.atomic():
            assert raffles.earn(member_id=members[0].pk, raffle=raffle.public_id, chances=1, key="mission", at=at).tickets == 0


class TestClosing:
    def test_freezes_numbers_without_a_gap_in_the_order_of_entries(self, raffle, members, at):
        for number, member in enumerate(members, start=1):
            press(member, raffle, chances=number, at=at + timedelta(seconds=number))
        raffle = closed(raffle)
        assert [(line.first, line.last) for line in drawing.lines_of(raffle)] == [(1, 1), (2, 3), (4, 6)]
        assert (raffle.numbers, raffle.state) == (6, State.CLOSED)

    def test_waits_for_its_second(self, raffle):
        assert closed(raffle, at=raffle.closes_at - timedelta(microseconds=1)).state == State.OPEN

    def test_the_frozen_list_cannot_be_frozen_again(self, raffle):
        raffle = closed(raffle)
        with pytest.raises(DatabaseError, match="stays as it was"), transaction.atomic():
            Raffle.objects.filter(pk=raffle.pk).update(root="00" * 32)

    def test_writes_the_draw_down_for_its_time(self, raffle):
        closed(raffle)
        assert Effect.objects.get(kind=drawing.EFFECT).due_at == raffle.draws_at


class TestDrawing:
    def test_ops_24_the_clock_draws_and_the_record_is_public(self, finished):
        draw = finished.draw
        assert finished.state == State.DRAWN
        assert [winner.number for winner in RaffleWinner.objects.order_by("place")] == draw.chosen
        assert Notification.objects.filter(kind="rewards.raffle_won").count() == 1

    def test_ops_24_not_a_moment_earlier(self, raffle, members, drand_sandbox):
        press(members[0], raffle, at=raffle.opens_at)
        closed(raffle)
        assert drawn(raffle, at=raffle.draws_at - timedelta(microseconds=1)).state == State.CLOSED

    def test_ops_24_the_seed_is_in_no_record_before(self, raffle, members, at):
        press(members[0], raffle, at=at)
        shown = "".join([*record.written(raffle), *(frozen := list(record.written(closed(raffle))))])
        assert json.loads("".join(frozen))["draw"] is None
        assert 'seed"' not in shown
        assert raffle.sealed_seed not in shown

    def test_usr_08_the_script_without_our_code_names_the_same_winners(self, finished, tmp_path):
        file = tmp_path / "record.json"
        file.write_text("".join(record.written(finished)))
        done = subprocess.run([sys.executable, "-I", str(SCRIPT), str(file)], capture_output=True, text=True, cwd=tmp_path, check=False)
        assert (done.returncode, done.stdout.count("yes  "), done.stdout.count("NO ")) == (0, 16, 0)
        winner, reserve = record.winners_of(finished)
        assert f"place 1: number {winner['number']}, entry {winner['entry']}, 헤드폰 (WON)\n" in done.stdout
        assert f"place 2: number {reserve['number']}, entry {reserve['entry']}, in reserve (RESERVE)\n" in done.stdout
        assert done.stdout.splitlines()[-1].startswith("The draw holds. It is PRACTICE:")

    @pytest.mark.parametrize(
        "lie",
        [
            lambda told: told["list"]["entries"].pop(),
            lambda told: told["list"]["entries"].reverse(),
            lambda told: told["list"]["entries"][0].update(holder="x"),
            lambda told: told["list"].update(numbers=told["list"]["numbers"] + 1),
            lambda told: told["draw"].update(seed="00" * 32),
            lambda told: told["draw"].update(randomness="00" * 32),
            lambda told: told["draw"]["chosen"].reverse(),
            lambda told: told["winners"][0].update(number=0),
            lambda told: told["winners"].pop(),
            lambda told: told["winners"][0].update(entry=told["winners"][1]["entry"]),
            lambda told: told["winners"][1].update(entry="00000000-0000-4000-8000-000000000000"),
            lambda told: told["winners"][0].update(prize="이어폰"),
            lambda told: told["winners"][1].update(prize="헤드폰"),
            lambda told: told["winners"][1].update(prize="헤드폰", state="WON"),
            lambda told: told["winners"][0].update(prize="", state="RESERVE"),
            lambda told: [told["winners"][index].update(place=2 - index) for index in (0, 1)],
            lambda told: told["public_value"].update(round=1),
            lambda told: told["public_value"].update(public_key=verify_raffle.KEYS[verify_raffle.QUICKNET]),
            lambda told: told["commitment"].update(rules=told["commitment"]["rules"].replace("헤드폰", "이어폰")),
            lambda told: told["commitment"].update(made_at=told["draw"]["drawn_at"]),
            lambda told: told.update(draw=None),
        ],
        ids=[
            "an entry less", "another order", "another holder", "more numbers", "another seed", "another value", "other numbers",
            "another winner", "nobody in reserve", "the entry of another winner", "an entry that is none", "another prize won",
            "a prize in reserve", "an heir of nobody", "a winner who only waits", "other places", "another round", "another key",
            "another prize", "a promise afterwards", "no draw",
        ],
    )  # fmt: skip
    def test_usr_08_the_script_notices(self, finished, lie):
        told = json.loads("".join(record.written(finished)))
        assert all(holds is not False for _, holds in verify_raffle.lines(told))
        lie(told)
        printed = list(verify_raffle.lines(told))
        assert any(holds is False for _, holds in printed)
        assert printed[-1][0] == "The draw does NOT hold."

    @pytest.mark.parametrize(
        ("value", "sentence"),
        [
            ({"chain_hash": "00" * 32}, "the public value is of a chain that we know"),
            ({"chain_hash": verify_raffle.QUICKNET}, "the public value is of drand's quicknet"),
            ({"round": 1}, "nobody could know it before the list was closed"),
        ],
        ids=["a chain of our own", "our key under drand's name", "a round that everybody knows"],
    )
    def test_usr_08_the_script_notices_what_was_promised_wrongly_from_the_start(self, finished, value, sentence):
        told = json.loads("".join(record.written(finished)))
        rules = json.loads(told["commitment"]["rules"])
        rules["public_value"] |= value
        told["public_value"] |= value | {"made_at": moment(drand.time_of(rules["public_value"]["round"]))}
        told["commitment"]["rules"] = fairness.canonical(rules).decode()
        told["commitment"]["rules_hash"] = hashlib.sha256(told["commitment"]["rules"].encode()).hexdigest()
        found = dict(verify_raffle.checks(told))
        assert (found["the rules are those that were promised"], found[sentence]) == (True, False)

    def test_usr_08_the_script_believes_drands_own_chain_and_says_what_it_did_not_check(self, finished, monkeypatch):
        told = json.loads("".join(record.written(finished)))
        monkeypatch.setattr(verify_raffle, "signed", lambda value, signature: None)
        said, number = [line for line, _ in verify_raffle.lines(told)][-1], finished.public_round
        assert (
            f"NOT checked: install py_ecc, or compare signature and randomness with {API}/{verify_raffle.PRACTICE}/public/{number}" in said
        )
        told["public_value"]["chain_hash"] = verify_raffle.QUICKNET
        assert verify_raffle.verdict(told, [True]) == "The draw holds."
        assert verify_raffle.KEYS[verify_raffle.QUICKNET] == QUICKNET_KEY
        assert drand.chain() == {"chain_hash": verify_raffle.PRACTICE, "public_key": verify_raffle.KEYS[verify_raffle.PRACTICE]}

    def test_ops_25_the_script_follows_a_prize_to_its_heir(self, finished):
        claiming.lapse(at=RaffleWinner.objects.get(place=1).answer_by)
        told = json.loads("".join(record.written(finished)))
        assert [(row["state"], row["prize"]) for row in told["winners"]] == [("LAPSED", "헤드폰"), ("WON", "헤드폰")]
        assert all(holds is not False for _, holds in verify_raffle.lines(told))

    def test_usr_08_every_member_gets_proof_of_the_own_entries(self, finished, members):
        for member in members:
            own = record.proofs_of(finished, member, record.entries_of(finished, member))
            for entry in own["entries"]:
                leaf = fairness.Line(**entry["line"]).leaf()
                assert entry["line"]["holder"] == own["holder"]
                assert fairness.climb(leaf, [tuple(step) for step in entry["path"]]).hex() == finished.root

    def test_usr_08_hashes_the_list_once_for_all_proofs(self, finished, members, monkeypatch):
        hashed = []
        leaf = fairness.Line.leaf
        monkeypatch.setattr(fairness.Line, "leaf", lambda line: hashed.append(line) or leaf(line))
        for _ in range(3):
            for member in members:
                record.proofs_of(finished, member, record.entries_of(finished, member))
        assert len(hashed) == RaffleEntry.objects.filter(raffle=finished).count()

    def test_names_winners_by_their_first_letter(self, finished, members):
        names = {row["name"] for row in record.winners_of(finished)}
        assert names <= {"하*", "두*", "세*"}
        assert not {member.nickname for member in members} & names

    def test_with_nobody_in_it_names_nobody(self, raffle, drand_sandbox):
        closed(raffle)
        assert (drawn(raffle, at=raffle.draws_at).state, RaffleWinner.objects.count()) == (State.DRAWN, 0)

    def test_a_second_worker_changes_nothing(self, finished):
        with transaction.atomic():
            value = drand.PublicValue(finished.public_round, finished.draw.signature, finished.draw.randomness)
            drawing.record_draw(raffle_id=finished.pk, value=value, at=finished.draws_at)
        assert RaffleDraw.objects.count() == 1


class TestWithoutThePublicValue:
    @pytest.mark.parametrize("fault", ["error", "garbage", "drop"])
    def test_the_draw_waits_and_no_other_source_is_put_in(self, raffle, members, drand_sandbox, fault):
        press(members[0], raffle, at=raffle.opens_at)
        closed(raffle)
        drand_sandbox.control("POST", "/faults", {"service": "drand", "kind": fault})
        assert drawn(raffle, at=raffle.draws_at).state == State.CLOSED
        drand_sandbox.control("DELETE", "/faults")
        assert drawn(raffle, at=raffle.draws_at + timedelta(minutes=1)).state == State.DRAWN

    def test_a_value_that_is_not_signed_draws_nothing(self, raffle, members, drand_sandbox, settings):
        press(members[0], raffle, at=raffle.opens_at)
        closed(raffle)
        settings.DRAND_PUBLIC_KEY = "83cf0f28" + settings.DRAND_PUBLIC_KEY[8:]
        assert drawn(raffle, at=raffle.draws_at).state == State.CLOSED

    def test_usr_09_after_its_time_the_raffle_is_void_and_the_tickets_are_back(self, raffle, members, drand_sandbox):
        press(members[0], raffle, chances=5, at=raffle.opens_at)
        closed(raffle)
        drand_sandbox.control("POST", "/faults", {"service": "drand", "kind": "error", "count": None})
        late = raffle.draws_at + timedelta(hours=24)
        raffle = drawn(raffle, at=late)
        assert (raffle.state, raffle.void_reason) == (State.VOID, "약속한 공개 난수를 구하지 못했어요.")
        assert [drawing.return_tickets(at=late) for _ in range(2)] == [1, 0]
        assert tickets_of(members[0]) == 12
        assert Entry.objects.filter(idempotency_key__startswith="raffle-return:").count() == 1


class TestABrokenPromise:
    @pytest.mark.tampers
    @pytest.mark.parametrize("broken", ["seed", "list"])
    def test_usr_09_voids_the_raffle_and_says_why(self, raffle, members, drand_sandbox, broken, monkeypatch):
        press(members[0], raffle, chances=5, at=raffle.opens_at)
        press(members[1], raffle, chances=1, at=raffle.opens_at)
        closed(raffle)
        if broken == "seed":
            unsealed = drawing.sealed.unseal
            monkeypatch.setattr(drawing.sealed, "unseal", lambda text: "00" * 32 if text == raffle.sealed_seed else unsealed(text))
        else:
            RaffleEntry.objects.filter(member_id=members[1].pk).update(member_id=members[2].pk)
        raffle = drawn(raffle, at=raffle.draws_at)
        assert (raffle.state, RaffleWinner.objects.count()) == (State.VOID, 0)
        assert {"seed": "비밀값", "list": "응모 목록"}[broken] in raffle.void_reason

    def test_only_an_undrawn_raffle_can_be_void(self, finished):
        with pytest.raises(errors.RaffleMoved):
            raffles.void(raffle=finished, reason="늦었어요", at=finished.draws_at)


class TestWinners:
    def winner(self):
        return RaffleWinner.objects.get(place=1)

    def member(self, winner, members):
        return next(member for member in members if member.pk == winner.member_id)

    def test_answers_once_and_again(self, finished, members):
        member = self.member(self.winner(), members)
        for _ in range(2):
            assert raffles.claim(member=member, raffle=finished.public_id, at=finished.draws_at + HOUR).state == "CLAIMED"
        assert RaffleEvent.objects.filter(kind="CLAIMED").count() == 1

    def test_who_is_in_reserve_claims_nothing(self, finished, members):
        reserve = self.member(RaffleWinner.objects.get(place=2), members)
        with pytest.raises(errors.NothingToClaim):
            raffles.claim(member=reserve, raffle=finished.public_id, at=finished.draws_at)

    def test_ops_25_after_seven_days_the_next_in_reserve_wins(self, finished, members):
        until = self.winner().answer_by
        assert [claiming.lapse(at=until - timedelta(seconds=1)), claiming.lapse(at=until), claiming.lapse(at=until)] == [0, 1, 0]
        heir = RaffleWinner.objects.get(place=2)
        assert (heir.state, heir.prize_rank) == ("WON", 1)
        assert list(RaffleEvent.objects.order_by("pk").values_list("kind", flat=True))[-2:] == ["LAPSED", "PROMOTED"]
        with pytest.raises(errors.ClaimTooLate):
            raffles.claim(member=self.member(self.winner(), members), raffle=finished.public_id, at=until)

    def test_ops_25_without_an_heir_the_raffle_ends(self, finished):
        for winner in RaffleWinner.objects.order_by("place"):
            clock.tick(at=finished.draws_at + timedelta(days=8 * winner.place))
        assert Raffle.objects.get(pk=finished.pk).state == State.FINISHED


class TestASponsorsRaffle:
    PRIZE = ({"name": "쿠폰", "quantity": 2, "value_krw": 300},)

    @pytest.fixture
    def sponsored(self, minji, at):
        raffle = draft(at, sponsor=minji, prizes=self.PRIZE, tickets_per_entry=0)
        with transaction.atomic():
            raffles.fund_by_sponsor(raffle=raffle, at=at, actor="minji")
        return raffles.open_raffle(raffle=raffle, at=at)

    def balances(self, advertiser):
        found = balances.balance(advertiser)
        return found.available, found.held

    def test_ops_05_holds_the_price_of_every_prize_before_it_opens(self, sponsored, minji):
        assert (sponsored.funded_krw, self.balances(minji)) == (600, (400, 600))

    def test_ops_05_does_not_open_on_credits_that_are_not_there(self, minji, at):
        raffle = draft(at, sponsor=minji, prizes=({"name": "차", "quantity": 1, "value_krw": 1_001},), tickets_per_entry=0)
        with refusal("credits.insufficient"), transaction.atomic():
            raffles.fund_by_sponsor(raffle=raffle, at=at, actor="minji")
        with pytest.raises(errors.NotFunded):
            raffles.open_raffle(raffle=Raffle.objects.get(pk=raffle.pk), at=at)

    def test_ops_05_gives_back_at_the_draw_what_nobody_won_and_charges_what_is_delivered(self, sponsored, minji, members, drand_sandbox):
        with transaction.atomic():
            raffles.earn(member_id=members[0].pk, raffle=sponsored.public_id, chances=1, key="m", at=sponsored.opens_at)
        closed(sponsored)
        raffle = drawn(sponsored, at=sponsored.draws_at)
        assert self.balances(minji) == (700, 300)
        raffles.claim(member=members[0], raffle=raffle.public_id, at=raffle.draws_at)
        for _ in range(2):
            with transaction.atomic():
                raffles.deliver(raffle=raffle, place=1, at=raffle.draws_at)
        assert (self.balances(minji), proof.run().differences) == ((700, 0), [])
        clock.tick(at=raffle.draws_at)
        assert Raffle.objects.get(pk=raffle.pk).state == State.FINISHED

    def test_ops_25_what_its_winner_did_not_take_goes_back_when_the_books_close(self, sponsored, minji, members, drand_sandbox):
        with transaction.atomic():
            raffles.earn(member_id=members[0].pk, raffle=sponsored.public_id, chances=1, key="m", at=sponsored.opens_at)
        closed(sponsored)
        raffle = drawn(sponsored, at=sponsored.draws_at)
        late = raffle.winners.get().answer_by
        for _ in range(2):
            clock.tick(at=late)
        assert (self.balances(minji), Raffle.objects.get(pk=raffle.pk).state) == ((1_000, 0), State.FINISHED)

    @pytest.mark.tampers
    @pytest.mark.parametrize("lie", ["state = 'DRAWN'", "prizes = jsonb_set(prizes, '{0,quantity}', '3')", "hold_id = NULL"])
    def test_ops_05_the_proof_misses_prize_money_that_is_not_held(self, sponsored, lie):
        breakages.Owner(connection).change(f"UPDATE rewards_raffle SET {lie} WHERE id = {sponsored.pk} RETURNING id")  # noqa: S608
        (found,) = proof.run(["I8"]).differences
        assert f"raffle={sponsored.pk}" in found

    def test_void_gives_everything_back(self, sponsored, minji, at):
        raffles.void(raffle=sponsored, reason="후원이 취소됐어요", at=at)
        assert self.balances(minji) == (1_000, 0)
