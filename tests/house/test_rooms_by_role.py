"""Each role sees only its rooms: every address of the back office is knocked at by every role that lacks the right it declares."""

import ast
import re
from pathlib import Path

import pytest
from django.conf import settings

from backoffice import rights, urls
from backoffice.rights import Right
from backoffice.site import site
from tests.backoffice.conftest import INDEX, enter, hire
from tests.backoffice.pressing import at

VIEWS = Path(settings.BASE_DIR) / "backoffice" / "views"
FOR_EVERY_OPERATOR = {"index", "password_change"}
A_UUID = "00000000-0000-4000-8000-000000000000"


def declared():
    """(rights, is POST) by module and function, as the decorators of the views say."""
    found = {}
    for path in sorted(VIEWS.glob("*.py")):
        for node in ast.parse(path.read_text()).body:
            if not isinstance(node, ast.FunctionDef):
                continue
            words = [ast.unparse(decorator) for decorator in node.decorator_list]
            needed = {Right(name) for word in words if word.startswith("room(") for name in re.findall(r"Right\.(\w+)", word)}
            found[f"backoffice.views.{path.stem}", node.name] = (needed, any("require_POST" in word for word in words))
    return found


def address(route):
    """An address under a route: whatever it names does not exist, and a role without the right does not learn that."""
    for kind, value in (("uuid", A_UUID), ("int", "1"), ("slug", "x"), ("str", "x"), ("path", "1")):
        route = re.sub(rf"<{kind}:\w+>", value, route)
    return INDEX + route


def rooms():
    """(name, address, rights, is POST) of every page that is no model's."""
    known = declared()
    for pattern in urls.rooms:
        needed, is_post = known.get((pattern.callback.__module__, pattern.callback.__name__), (set(), False))
        yield pattern.name, address(str(pattern.pattern)), needed, is_post


def entered(roles):
    """Rooms of the list that a browser with this role gets into although the role lacks the right."""
    role, checked = roles
    client, inside = enter(hire(role, role)), []
    for name, url, needed, is_post in checked:
        if needed and not needed & rights.RIGHTS[role]:
            answer = client.post(url) if is_post else client.get(url)
            if answer.status_code != 403:
                inside.append(f"{role} got {answer.status_code} at {name}")
    return inside


class TestEveryRoom:
    def test_declares_the_right_it_asks_for(self):
        open_to_all = {name for name, _, needed, _ in rooms() if not needed}
        assert open_to_all == FOR_EVERY_OPERATOR

    @pytest.mark.parametrize("role", sorted(rights.RIGHTS))
    def test_keeps_out_every_role_without_its_right(self, db, role):
        assert entered((role, list(rooms()))) == []

    def test_is_named_when_it_asks_for_nothing(self, db, monkeypatch):
        """The crawl can say no: with every right in every hand, each closed room is named."""
        monkeypatch.setattr(rights, "has", lambda user, right: True)
        closed = [room for room in rooms() if room[0] in ("history", "liabilities")]
        assert [line.rpartition(" ")[2] for line in entered((rights.CONTENT, closed))] == ["history", "liabilities"]


class TestEveryModelPage:
    @pytest.mark.parametrize("role", sorted(rights.RIGHTS))
    def test_keeps_out_every_role_without_its_right(self, db, role):
        client, inside = enter(hire(role, role)), []
        for model, page in site._registry.items():
            if page.sees not in rights.RIGHTS[role]:
                name = f"{model._meta.app_label}_{model._meta.model_name}"
                for url in (at(f"{name}_changelist"), at(f"{name}_change", 1)):
                    if client.get(url).status_code != 403:
                        inside.append(url)
        assert inside == []
