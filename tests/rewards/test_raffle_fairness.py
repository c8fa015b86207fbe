"""The arithmetic of a draw, against fixed vectors, the stand-alone script, and chance."""

import hashlib
import hmac
from collections import Counter
from itertools import islice

import pytest

from docs import verify_raffle
from rewards.raffles import drand, fairness
from rewards.raffles.fairness import Line

SEED, VALUE = bytes(range(32)), bytes(range(32, 64))
QUICKNET_KEY = (
    "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d106451"
    "0d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a"
)
ROUND_1000 = "b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125e342b73a8dd2bacbe47e4b6b63ed5e39"


def lines(*chances):
    """One entry per holder, with so many numbers each."""
    made, last = [], 0
    for index, count in enumerate(chances):
        made.append(Line(last + 1, last + count, f"entry-{index}", f"holder-{index}"))
        last += count
    return made


def leaves(count):
    return [hashlib.sha256(bytes([index])).digest() for index in range(count)]


def chi_square(counts, expected):
    return sum((count - expected) ** 2 / expected for count in counts)


class TestTheList:
    def test_has_the_root_of_rfc_6962(self):
        one, two, three = leaves(3)
        left = hashlib.sha256(b"\x01" + one + two).digest()
        assert fairness.root_of([one, two, three]) == hashlib.sha256(b"\x01" + left + three).digest()
        assert fairness.root_of([]) == hashlib.sha256(b"").digest()

    @pytest.mark.parametrize("count", [1, 2, 3, 7, 8, 9, 100])
    def test_usr_08_proves_that_each_entry_is_in_it(self, count):
        listed = leaves(count)
        root = fairness.root_of(listed)
        levels = fairness.levels_of(listed)
        assert all(fairness.climb(leaf, fairness.path_of(levels, index)) == root for index, leaf in enumerate(listed))
        with pytest.raises(IndexError):
            fairness.path_of(levels, count)

    def test_usr_08_is_hashed_once_for_however_many_proofs(self, monkeypatch):
        hashed = []
        node = fairness._node
        monkeypatch.setattr(fairness, "_node", lambda left, right: hashed.append(1) or node(left, right))
        levels = fairness.levels_of(leaves(250))
        assert {len(fairness.path_of(levels, index)) for index in range(250)} == {6, 8}
        assert len(hashed) == 249

    @pytest.mark.parametrize("count", [1, 2, 3, 5, 6, 7, 8, 9, 100, 129])
    def test_has_the_root_that_the_stand_alone_script_finds_from_above(self, count):
        assert fairness.root_of(leaves(count)) == verify_raffle.root_of(leaves(count))

    def test_usr_08_proves_nothing_about_another_entry(self):
        listed = leaves(9)
        assert fairness.climb(leaves(10)[9], fairness.path_of(fairness.levels_of(listed), 4)) != fairness.root_of(listed)

    @pytest.mark.parametrize(
        "change", [lambda rows: rows[1:], lambda rows: [*rows, rows[0]], lambda rows: rows[::-1]], ids=["gone", "more", "order"]
    )
    def test_cannot_be_changed_under_its_root(self, change):
        listed = leaves(6)
        assert fairness.root_of(change(listed)) != fairness.root_of(listed)

    def test_names_a_member_otherwise_in_every_raffle(self):
        names = {fairness.holder_of(salt=SEED, raffle=raffle, member="m") for raffle in ("a", "b")}
        assert len(names | {fairness.holder_of(salt=VALUE, raffle="a", member="m")}) == 3


class TestNumbers:
    def test_follow_the_description_to_the_bit(self):
        root = bytes(32)
        expected, counter = [], 0
        while len(expected) < 20:
            digest = hmac.new(SEED, root + VALUE + counter.to_bytes(8, "big"), hashlib.sha256).digest()
            top = digest[0] >> 1  # 100 numbers: seven bits
            counter += 1
            expected += [top + 1] if top < 100 else []
        assert list(islice(fairness.drawn_numbers(seed=SEED, root=root, public_value=VALUE, count=100), 20)) == expected

    def test_are_equally_likely_over_a_million_draws(self):
        """χ² with 12 degrees of freedom stays below 32.9 in 999 of 1,000 such series; the numbers are fixed, so this is no game."""
        drawn = Counter(islice(fairness.drawn_numbers(seed=SEED, root=bytes(32), public_value=VALUE, count=13), 1_000_000))
        assert sorted(drawn) == list(range(1, 14))
        assert chi_square(drawn.values(), 1_000_000 / 13) < 32.9

    def test_would_not_be_so_with_a_remainder(self):
        """The control: seven bits and a remainder of 100 favour the first 28 numbers, and the same measure sees it."""
        digests = (hmac.new(SEED, counter.to_bytes(8, "big"), hashlib.sha256).digest()[0] >> 1 for counter in range(100_000))
        assert chi_square(Counter(top % 100 for top in digests).values(), 1_000) > 1_000

    def test_of_one_is_one(self):
        assert next(fairness.drawn_numbers(seed=SEED, root=bytes(32), public_value=VALUE, count=1)) == 1


class TestChoosing:
    def chosen(self, listed, places, seed=SEED):
        return fairness.choose(lines=listed, seed=seed, root=bytes(32), public_value=VALUE, places=places)

    def test_chooses_nobody_twice(self):
        listed = [Line(index, index, f"entry-{index}", f"holder-{index % 3}") for index in range(1, 31)]
        assert {line.holder for _, line in self.chosen(listed, 10)} == {"holder-0", "holder-1", "holder-2"}

    def test_gives_each_number_to_who_holds_it(self):
        for number, line in self.chosen(lines(5, 1, 20, 3), 4):
            assert line.first <= number <= line.last

    def test_favours_nobody_beyond_their_numbers(self):
        """One of ten numbers against nine: over 3,000 seeds the small one wins a tenth of them."""
        listed = lines(1, 9)
        wins = sum(self.chosen(listed, 1, seed=seed.to_bytes(32, "big"))[0][1].holder == "holder-0" for seed in range(3_000))
        assert 240 < wins < 360

    def test_of_nobody_is_nobody(self):
        assert self.chosen([], 3) == []

    def test_usr_08_the_stand_alone_script_draws_the_same(self):
        listed = lines(3, 1, 40, 7, 2)
        ours = [number for number, _ in self.chosen(listed, 4)]
        assert ours == verify_raffle.draw(SEED, bytes(32), VALUE, [line.public() for line in listed], 4)


class TestThePublicValue:
    def test_of_the_real_chain_is_believed(self, settings):
        settings.DRAND_PUBLIC_KEY = QUICKNET_KEY
        assert drand.is_signed(1_000, ROUND_1000)

    @pytest.mark.parametrize(
        ("number", "signature"),
        [(1_001, ROUND_1000), (1_000, ROUND_1000[:-2] + "38"), (1_000, "00" * 48), (1_000, "zz"), (1_000, "")],
        ids=["another round", "changed", "no point", "no hex", "empty"],
    )
    def test_is_not_believed_otherwise(self, settings, number, signature):
        settings.DRAND_PUBLIC_KEY = QUICKNET_KEY
        assert not drand.is_signed(number, signature)

    def test_is_not_believed_under_another_key(self):
        assert not drand.is_signed(1_000, ROUND_1000)

    def test_comes_from_the_first_round_that_is_not_before_the_moment(self, at):
        number = drand.round_at(at)
        assert drand.time_of(number) >= at > drand.time_of(number - 1)
