"""`make sabotage` itself: its list fits the product, and it can say both that a break is noticed and that it is not."""

import ast

import pytest

from bench import sabotage
from bench.mutations import MUTATIONS, Mutation


def names_of(tree, *, prefix=""):
    """The tests of a module as pytest names them, without parameters."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield from names_of(node, prefix=f"{prefix}{node.name}::")
        elif isinstance(node, ast.FunctionDef):
            yield prefix + node.name


class TestTheList:
    def test_is_long_enough_and_says_each_thing_once(self):
        assert len({mutation.name for mutation in MUTATIONS}) == len(MUTATIONS) >= 40
        assert len({(mutation.file, mutation.old, mutation.new) for mutation in MUTATIONS}) == len(MUTATIONS)

    def test_finds_each_of_its_texts_exactly_once(self):
        """A text has changed: change it in bench/mutations.py too, so that it breaks the same thing."""
        assert [complaint for mutation in MUTATIONS for complaint in sabotage.complaints(mutation)] == []

    def test_names_tests_that_exist(self):
        """A test has another name now: bench/mutations.py names it."""
        named = {test.partition("[")[0] for mutation in MUTATIONS for test in mutation.tests}
        files = {test.partition("::")[0] for test in named}
        exist = {f"{file}::{name}" for file in files for name in names_of(ast.parse((sabotage.ROOT / file).read_text()))}
        assert named - exist == set()


@pytest.fixture
def shop(tmp_path):
    """A product of one line with its tests."""
    root = tmp_path / "shop"
    root.mkdir()
    (root / "till.py").write_text("def price(pieces):\n    return pieces * 3  # won\n")
    (root / "test_till.py").write_text(
        "import pytest\nfrom till import price\n\n\n"
        "class TestPrice:\n    @pytest.mark.parametrize('pieces', [0, 2])\n"
        "    def test_is_three_won_apiece(self, pieces):\n        assert price(pieces) == pieces * 3\n\n\n"
        "def test_is_wrong():\n    assert price(1) == 4\n\n\n"
        "@pytest.mark.skip(reason='no till here')\ndef test_is_left_out():\n    assert price(1) == 3\n"
    )
    return root


def broken(old, new, *tests):
    return Mutation(
        name=f"{old} is {new}", file="till.py", old=old, new=new, tests=tests or ("test_till.py::TestPrice::test_is_three_won_apiece",)
    )


class TestARun:
    def test_tells_what_was_noticed_from_what_was_not(self, shop, capsys):
        code = sabotage.run([broken("* 3", "* 4"), broken("# won", "# krw"), broken("pieces * 3", "piecez * 3")], root=shop)
        said = [line.split("  (")[0].split(" s  ") for line in capsys.readouterr().out.splitlines() if " s  " in line]
        assert [(word.split()[0], name) for word, name in said] == [
            ("noticed", "* 3 is * 4"),
            ("SURVIVED", "# won is # krw"),
            ("SURVIVED", "pieces * 3 is piecez * 3"),  # it does not run: that notices nothing
        ]
        assert code == 1
        assert "pieces * 3" in (shop / "till.py").read_text()
        assert list((shop / "var").iterdir()) == []

    @pytest.mark.parametrize(
        "mutation,why",
        [
            (broken("* 5", "* 4"), "its text is 0 times in till.py"),
            (broken("pieces", "things"), "its text is 2 times in till.py"),
            (broken("* 3", "* 3"), "it changes nothing"),
        ],
    )
    def test_proves_nothing_with_a_text_that_is_not_there_once(self, shop, mutation, why):
        with pytest.raises(sabotage.NoProof, match=why):
            sabotage.run([mutation], root=shop)

    def test_proves_nothing_with_tests_that_do_not_pass_anyway(self, shop):
        tests = ("test_till.py::test_is_wrong", "test_till.py::test_is_left_out", "test_till.py::TestPrice::test_is_three_won_apiece")
        with pytest.raises(sabotage.NoProof) as refusal:
            sabotage.run([broken("* 3", "* 4", *tests)], root=shop)
        assert str(refusal.value) == (
            "on the product as it is, test_till.py::test_is_left_out: it was left out: no till here; test_till.py::test_is_wrong: failed"
        )

    def test_of_one_mutation_of_the_product_is_noticed(self, capsys):
        [vat] = [mutation for mutation in MUTATIONS if mutation.name == "VAT is rounded down"]
        assert sabotage.run([vat]) == 0
        assert "1 of 1 noticed" in capsys.readouterr().out
