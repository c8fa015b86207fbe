"""The pages as a browser sees them."""

import pytest

from backoffice import rights
from backoffice.site import site
from tests.backoffice.browser import desk_window
from tests.backoffice.conftest import INDEX, enter, hire

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def addresses() -> list[str]:
    """The work list and the list of every kind of row."""
    lists = [f"{INDEX}{model._meta.app_label}/{model._meta.model_name}/" for model in site._registry]
    return [INDEX, *sorted(lists)]


def test_walks_every_room_without_a_refusal_of_the_policy(live_server, minji, suji):
    client = enter(hire("admin", rights.ADMIN))
    with desk_window(client=client, origin=live_server.url) as desk:
        for path in addresses():
            page = desk.open(path)
            assert page.locator("#nav-sidebar").count() == 1, path
            desk.shoot(path.strip("/").replace("/", "-"))
            assert desk.complaints == [], path
