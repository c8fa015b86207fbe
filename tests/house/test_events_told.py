"""Every event of the registry has a test that brings it about by its real cause and looks at what arrived (`tests/telling.py`)."""

import re
from pathlib import Path

from identity.events import defined

TESTS = Path(__file__).resolve().parents[1]


class TestEveryEvent:
    def test_is_told_by_its_cause_in_a_test(self):
        sources = [text for path in TESTS.glob("*/test_*.py") if "from tests.telling import" in (text := path.read_text())]
        said = [words for source in sources for words in re.findall(r"\barrived\(([^)]*)\)", source)]
        told = {kind for words in said for kind in re.findall(r'"([^"]+)"', words)}
        assert sorted(set(defined()) - told) == []
