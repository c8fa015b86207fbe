"""DEV-03: whoever writes an adapter is told what is missing, all at once; a finished one passes the suite and touches nothing else."""

from pathlib import Path

import pytest
from django.conf import settings
from django.utils.module_loading import import_string

from backoffice.words import WORDS
from payments.gateways.portone import PortOneGateway
from tests.contracts.conftest import DRIVERS
from tests.contracts.lacks import lacks

OPENERS = Path(settings.BASE_DIR) / "static" / "js" / "pay"


class HalfMade:
    """An adapter somebody began this morning."""

    name = "halfmade"

    def fetch(self, *, ref):
        raise NotImplementedError

    def cancel(self, *, ref, amount_krw, reason, key):
        raise NotImplementedError


class TestANewAdapter:
    def test_dev_03_is_told_everything_it_lacks_at_once(self):
        found = lacks(HalfMade, opener_exists=False, words=frozenset(WORDS))

        assert found == [
            "HalfMade has no attribute `label`",
            "HalfMade has no attribute `expected`",
            "HalfMade has no attribute `script_url`",
            "HalfMade has no attribute `browser_hosts`",
            "HalfMade has no attribute `methods`",
            "HalfMade has no attribute `needs_confirm`",
            "HalfMade has no attribute `token_field`",
            "HalfMade has no attribute `key_hours`",
            "HalfMade has no attribute `webhook_sources`",
            "HalfMade has no method `checkout`",
            "HalfMade has no method `confirm`",
            "HalfMade has no method `list_payments`",
            "`cancel` takes ref, amount_krw, reason, key instead of ref, amount_krw, remaining_krw, reason, key, account",
            "HalfMade has no method `parse_webhook`",
            "DRIVERS in tests/contracts/conftest.py has no other side of `halfmade`",
            "static/js/pay/halfmade.js does not open its window",
            "backoffice/words.py has no Korean word for `halfmade`",
        ]

    @pytest.mark.parametrize("name", sorted(settings.PAYMENT_GATEWAYS))
    def test_dev_03_lacks_nothing_once_it_is_configured(self, name):
        found = lacks(
            import_string(settings.PAYMENT_GATEWAYS[name]),
            driver=DRIVERS.get(name),
            opener_exists=(OPENERS / f"{name}.js").exists(),
            words=frozenset(WORDS),
        )

        assert found == []

    @pytest.mark.parametrize("name", sorted(settings.PAYMENT_GATEWAYS))
    def test_dev_03_is_found_under_its_own_name(self, name):
        assert import_string(settings.PAYMENT_GATEWAYS[name]).name == name

    def test_dev_03_no_code_of_ours_asks_which_company_it_is(self):
        """`if gateway == "toss"` outside its own module would be a file that a new company has to change."""
        asked = [
            path
            for folder in ("payments", "credits", "backoffice/views")
            for path in Path(settings.BASE_DIR, folder).rglob("*.py")
            if path.parent.name not in ("gateways", "migrations")
            and any(word in path.read_text() for word in ('== "toss"', '== "portone"', "PortOneGateway", "TossGateway"))
        ]

        assert asked == []
        assert PortOneGateway.name == "portone"  # so that the words above are the ones in use
