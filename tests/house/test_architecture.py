"""docs/architecture.md is made from the code: `make lint` refuses a stale one."""

import pytest

from config import architecture


@pytest.fixture(scope="module")
def page():
    return architecture.text()


class TestThePage:
    def test_names_layers_addresses_with_view_and_template_and_models(self, page):
        assert "config → backoffice → campaigns → payments | rewards | inquiries → credits → advertisers → identity → common" in page
        assert "| `/backoffice/history/` | `backoffice.views.audit.history_list` | `templates/backoffice/history.html` |" in page
        assert "| `/luckffle/raffles/` | `rewards.raffle_views." in page
        assert "| `Refund` | " in page
        assert "UserEvent" not in page

    def test_names_a_template_that_a_function_of_the_module_draws(self, page):
        (line,) = [line for line in page.splitlines() if line.startswith("| `/backoffice/refunds/<uuid:public_id>/deny/`")]
        assert "`templates/backoffice/refund_detail.html`" in line

    def test_is_refused_when_it_is_stale(self, page, tmp_path, monkeypatch):
        copy = tmp_path / "architecture.md"
        monkeypatch.setattr(architecture, "PAGE", copy)
        assert architecture.complaints() == ["docs/architecture.md is stale: make architecture"]
        copy.write_text(page)
        assert architecture.complaints() == []
        copy.write_text(page.replace("history_list", "list_of_history"))
        assert architecture.complaints() == ["docs/architecture.md is stale: make architecture"]
