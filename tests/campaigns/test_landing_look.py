"""Opening landing pages: which servers are called, and what is said of what was found."""

import json
import socket
import threading
import time
from contextlib import contextmanager, suppress

import pytest
from django.db import transaction
from django.utils import timezone

from campaigns import landing
from campaigns.landing import Found
from campaigns.models import Campaign, Draft
from common import outside
from tests.campaigns.writing import press, submit, url, write
from tests.sandbox_process import SandboxProcess
from tests.signing_in import browser


@pytest.fixture
def pages(settings, tmp_path):
    """The sandbox plays every advertiser's page."""
    with SandboxProcess(data=tmp_path / "sandbox.sqlite3") as sandbox:
        settings.LANDING_STAND_IN_URL = f"{sandbox.base_url}/landing"
        yield sandbox


class TestAddresses:
    @pytest.mark.parametrize(
        "address",
        [
            "127.0.0.1", "10.0.0.8", "172.16.3.4", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
            "255.255.255.255", "::1", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1",
            "2002:7f00:1::", "2001:db8::1", "198.18.0.1", "192.0.2.1",
        ],
    )  # fmt: skip
    def test_private_and_reserved_ones_are_never_public(self, address):
        assert not outside.is_public(address)

    @pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "223.130.195.200", "2001:4860:4860::8888", "::ffff:8.8.8.8"])
    def test_others_are(self, address):
        assert outside.is_public(address)

    @pytest.mark.parametrize("found", [["10.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["::ffff:169.254.169.254"]])
    def test_a_name_with_one_private_address_is_not_called(self, settings, monkeypatch, found):
        settings.LANDING_STAND_IN_URL = ""
        called = []
        monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: [(0, 0, 0, "", (address, 443)) for address in found])
        monkeypatch.setattr(socket, "create_connection", lambda *args, **kwargs: called.append(args))
        finding = landing.look("https://shop.example.com/")
        assert (finding.found, finding.stops, called) == (Found.NOT_PUBLIC, True, [])

    def test_the_address_that_was_judged_is_the_one_that_is_called(self, settings, monkeypatch):
        """A name that answers with another address the second time is asked once only."""
        settings.LANDING_STAND_IN_URL = ""
        asked, called = [], []

        def resolve(host, *args, **kwargs):
            asked.append(host)
            return [(0, 0, 0, "", ("8.8.8.8" if len(asked) == 1 else "127.0.0.1", 443))]

        def connect(place, **kwargs):
            called.append(place)
            raise TimeoutError

        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        monkeypatch.setattr(socket, "create_connection", connect)
        assert landing.look("https://shop.example.com/").found == Found.UNREACHABLE
        assert (asked, called) == (["shop.example.com"], [("8.8.8.8", 443)])

    def test_an_unknown_name_is_a_warning(self, settings, monkeypatch):
        settings.LANDING_STAND_IN_URL = ""

        def resolve(*args, **kwargs):
            raise socket.gaierror

        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        finding = landing.look("https://nowhere.example.com/")
        assert (finding.found, finding.stops) == (Found.UNREACHABLE, False)

    @pytest.mark.parametrize(
        ("written", "asked_for"),
        [
            ("https://x.tistory.com/entry/맛집-후기?q=강남#top", "/entry/%EB%A7%9B%EC%A7%91-%ED%9B%84%EA%B8%B0?q=%EA%B0%95%EB%82%A8#top"),
            ("https://x.tistory.com/entry/%EB%A7%9B%EC%A7%91?a[]=1&b=100%25", "/entry/%EB%A7%9B%EC%A7%91?a[]=1&b=100%25"),
            ("https://맛집.한국/메뉴", "/%EB%A9%94%EB%89%B4"),
        ],
    )
    def test_in_korean_go_out_in_ascii_and_what_is_encoded_stays(self, written, asked_for):
        host = "x.tistory.com" if "tistory" in written else "xn--0z2by50a.xn--3e0b707e"
        assert outside.on_the_wire(written) == f"https://{host}{asked_for}"
        assert outside.on_the_wire(outside.on_the_wire(written)) == outside.on_the_wire(written)
        assert outside.checked(written).endswith(written.split("/", 3)[3])  # people read on what they wrote

    def test_never_inside_a_transaction(self, transactional_db):
        with transaction.atomic(), pytest.raises(RuntimeError):
            landing.look("https://shop.example.com/")


class TestFindings:
    @pytest.mark.parametrize(
        "path, found, stops, words",
        [
            ("/hello", Found.OPEN, False, "페이지가 잘 열려요."),
            ("/gone", Found.GONE, True, "페이지를 찾을 수 없어요(404)."),
            ("/moved", Found.MOVED, False, "다른 주소로 넘어가요: elsewhere.example.org."),
            ("/members", Found.NEEDS_LOGIN, False, "로그인해야 볼 수 있는 페이지예요."),
            ("/closed", Found.NEEDS_LOGIN, False, "로그인해야 볼 수 있는 페이지예요."),
            ("/broken", Found.FAILED, False, "페이지가 오류로 답해요(500)."),
        ],
    )
    def test_adv_13_says_what_was_found_and_only_404_stops(self, pages, path, found, stops, words):
        finding = landing.look(f"https://shop.example.com{path}")
        assert (finding.found, finding.stops) == (found, stops)
        assert words in finding.sentence

    @pytest.mark.parametrize(("path", "found"), [("/entry/맛집-후기?위치=강남", Found.OPEN), ("/gone/맛집-후기", Found.GONE)])
    @pytest.mark.parametrize("host", ["shop.example.com", "맛집.한국"])
    def test_adv_13_a_page_with_a_korean_address_is_opened_like_any_other(self, pages, host, path, found):
        assert landing.look(f"https://{host}{path}").found == found

    def test_a_page_that_never_ends_is_given_up(self, settings, monkeypatch):
        monkeypatch.setattr(landing, "SECONDS", 0.3)
        with silent_server() as port:
            settings.LANDING_STAND_IN_URL = f"http://127.0.0.1:{port}"
            assert landing.look("https://shop.example.com/").found == Found.UNREACHABLE

    def test_a_page_that_comes_in_drops_is_given_up_after_the_same_time(self, settings, monkeypatch):
        monkeypatch.setattr(landing, "SECONDS", 0.3)
        with dripping_server(every=0.1, lasts=30) as port:
            settings.LANDING_STAND_IN_URL = f"http://127.0.0.1:{port}"
            began = time.monotonic()
            assert landing.look("https://shop.example.com/").found == Found.UNREACHABLE
        assert time.monotonic() - began < 15


class TestSubmitting:
    @pytest.fixture(autouse=True)
    def _clock_stands_still(self, monkeypatch, at):
        monkeypatch.setattr(timezone, "now", lambda: at)

    def test_adv_13_a_page_that_is_not_there_stops_and_leads_to_the_field(self, pages, minji_user):
        client = browser(minji_user)
        draft = write(client, landing_url="https://shop.example.com/gone")
        review = client.get(url(draft, "review")).content.decode()
        assert "연결 주소를 바꿔야 제출할 수 있어요." in review
        answer = submit(client, draft)
        assert (answer.status_code, Campaign.objects.count()) == (422, 0)
        assert f"{url(draft, 'design')}?check=1#id_landing_url" in answer.content.decode()
        press(client, draft, "design", landing_url="https://shop.example.com/hello")
        assert submit(client, draft).status_code == 302

    def test_adv_13_another_host_and_a_login_are_warnings_and_it_may_be_submitted(self, pages, minji_user):
        client = browser(minji_user)
        draft = write(client, landing_url="https://shop.example.com/moved")
        assert "다른 주소로 넘어가요: elsewhere.example.org" in client.get(url(draft, "review")).content.decode()
        answer = client.post(url(draft, "review"), {"version": str(Draft.objects.get().version)}, follow=True)
        assert "다른 주소로 넘어가요" in " ".join(str(message) for message in answer.context["messages"])
        assert Campaign.objects.count() == 1

    def test_adv_13_the_api_refuses_a_page_that_is_not_there(self, pages, minji_user, at):
        from tests.campaigns.conftest import spec_of
        from tests.campaigns.test_team_api import post

        body = spec_of(at, landing_url="https://shop.example.com/gone").model_dump_json()
        answer = post(browser(minji_user), "/campaigns", json.loads(body))
        assert (answer.status_code, answer.json()["code"], Campaign.objects.count()) == (422, "campaign.landing_gone", 0)


@contextmanager
def silent_server():
    """Takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        held = []
        thread = threading.Thread(target=lambda: held.append(server.accept()), daemon=True)
        thread.start()
        yield server.getsockname()[1]


@contextmanager
def dripping_server(*, every, lasts):
    """Takes one connection and sends the head of an answer, a letter at a time."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip():
            peer, _ = server.accept()
            with peer, suppress(OSError):
                for letter in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * int(lasts / every):
                    peer.sendall(bytes([letter]))
                    time.sleep(every)

        threading.Thread(target=drip, daemon=True).start()
        yield server.getsockname()[1]
