"""`make apps`: one code base as three apps, each on a port of its own, with its own cookies, knowing nothing of the others."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from django.utils import timezone
from lxml import html
from pytest_django.plugin import DjangoDbBlocker

from backoffice.demo import people
from config import supervisor
from tests.live import database_url
from tests.tools import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
LOGIN = {"advertiser": "/accounts/login/", "luckffle": "/luckffle/login/", "backoffice": "/backoffice/login/"}
WHO = {"advertiser": "owner@demo.boost", "luckffle": "010-0000-0001", "backoffice": "operator@demo.boost"}
HOME = {"advertiser": "/dashboard/", "luckffle": "/luckffle/", "backoffice": "/backoffice/"}
# What belongs to one portal beside its pages: machine doors and APIs.
OWN = {
    "advertiser": ("/", "/pricing/", "/api/v1/openapi.json"),
    "luckffle": ("/api/luckffle/v1/openapi.json",),
    "backoffice": (),
}
EVERYWHERE = ("/healthz", "/readyz", "/metrics")
START_SECONDS = 180


@dataclass(frozen=True)
class Apps:
    """The running apps. ports: of each portal."""

    ports: dict[str, int]

    def browser(self, portal: str) -> httpx.Client:
        """A browser that stands at one of the apps."""
        return httpx.Client(base_url=f"http://127.0.0.1:{self.ports[portal]}", follow_redirects=True, timeout=60, trust_env=False)

    def sign_in(self, portal: str) -> httpx.Client:
        """A browser in which the demo's person of this portal is signed in, second factor included."""
        client = self.browser(portal)
        page = client.get(LOGIN[portal])
        page = _post(client, page, login=WHO[portal], password=people.PASSWORD)
        if portal == "backoffice":
            page = _post(client, page, code=people.second_factor("operator", at=timezone.now()))
        assert page.status_code == 200, page.url
        assert "/login/" not in str(page.url)
        return client


def _post(client: httpx.Client, page: httpx.Response, **answers: str) -> httpx.Response:
    """Send the form of a page that has these fields."""
    [form] = [form for form in html.fromstring(page.text).forms if set(answers) <= set(form.fields)]
    hidden = {field.name: field.value for field in form.inputs if getattr(field, "type", "") == "hidden" and field.name}
    return client.post(form.action or str(page.url), data={**hidden, **answers}, headers={"Referer": str(page.url)})


@pytest.fixture(scope="module")
def _web_processes(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, int]]:
    ports = {portal: free_port() for portal in supervisor.APP_PORTS}
    folder = tmp_path_factory.mktemp("apps")
    with django_db_blocker.unblock():
        told = {**os.environ, **supervisor._environment(ports, sandbox_port=free_port()), "DATABASE_URL": database_url()}
    programs = [program for program in supervisor._programs(ports, sandbox_port=0) if program.name in ports]
    running: list[subprocess.Popen[bytes]] = []
    try:
        for program in programs:
            with (folder / f"{program.name}.log").open("ab") as log:
                told_it = {**told, **program.environment, "QUEUE_DIR": str(folder / "queue")}
                running.append(subprocess.Popen(program.command, cwd=ROOT, env=told_it, stdout=log, stderr=log, start_new_session=True))
        for portal, port in ports.items():
            _wait(f"http://127.0.0.1:{port}/readyz", folder / f"{portal}.log")
        yield ports
    finally:
        for process in running:
            process.terminate()
        for process in running:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _wait(url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            if httpx.get(url, timeout=5, trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise RuntimeError(f"{url} never answered: {log.read_text()[-2000:]}")


@pytest.fixture
def apps(transactional_db: None, _web_processes: dict[str, int]) -> Apps:
    people.load_people(at=timezone.now())
    return Apps(ports=_web_processes)


@pytest.mark.xdist_group("live")
class TestThreeApps:
    def test_each_answers_its_own_portal_and_knows_no_other(self, apps: Apps) -> None:
        for portal in apps.ports:
            with apps.browser(portal) as client:
                answers = {other: client.get(path).status_code for other, path in LOGIN.items()}
                assert answers == {other: 200 if other == portal else 404 for other in LOGIN}
                for other, paths in OWN.items():
                    found = {path: client.get(path).status_code for path in (*paths, HOME[other])}
                    assert found == dict.fromkeys(found, 200 if other == portal else 404), portal
                assert {path: client.get(path).status_code for path in EVERYWHERE} == dict.fromkeys(EVERYWHERE, 200)

    def test_each_keeps_its_own_cookies_and_one_browser_is_signed_in_to_all(self, apps: Apps) -> None:
        """Cookies do not know ports: on one host the three apps share the browser's jar, and only the names keep them apart."""
        jar = httpx.Cookies()
        for portal in apps.ports:
            with closing(apps.sign_in(portal)) as client:
                names = {cookie.name for cookie in client.cookies.jar}
                assert names >= {f"boost_{portal}", f"boost_{portal}_csrf"}
                assert [name for name in names if not name.startswith(f"boost_{portal}")] == []
                jar.update(client.cookies)
        for portal in apps.ports:
            with apps.browser(portal) as client:
                client.cookies = jar
                page = client.get(HOME[portal])
                assert (page.status_code, page.url.path) == (200, HOME[portal])

    def test_a_session_of_one_is_worth_nothing_at_another(self, apps: Apps) -> None:
        with closing(apps.sign_in("advertiser")) as signed_in:
            value = signed_in.cookies["boost_advertiser"]
        with apps.browser("luckffle") as client:
            client.cookies.set("boost_luckffle", value)
            assert "로그인하면 바로 시작할 수 있어요." in client.get(HOME["luckffle"]).text
        with apps.browser("backoffice") as client:
            client.cookies.set("boost_backoffice", value)
            assert client.get(HOME["backoffice"]).url.path == LOGIN["backoffice"]
