"""Where starts come from: VPN, emulator, rooted phone, crowded addresses, blocked people, and the lists that say so."""

from datetime import timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command

from campaigns import services, tokens
from campaigns.fraud import limits, lists, origins
from campaigns.fraud.lists import ListRefused
from campaigns.models import AgentMark, Block, BudgetSlot, Finish, FraudSignal, NetworkRange, Origin, Participation, TrafficList
from common.models import DatedSetting
from credits import selectors as credits
from tests import factories
from tests.app import ANDROID, Phone
from tests.campaigns.conftest import DEVICE
from tests.campaigns.photographs import photograph
from tests.campaigns.test_answers import begin, choose, right_for
from tests.campaigns.test_constraints import top_up
from tests.signing_in import browser

HOME, VPN, CARRIER = "121.134.10.20", "45.83.91.7", "223.38.1.1"
LIST = f"""{lists.FIRST_LINE}
VPN 45.83.91.0/24  # rented
HOSTING 13.124.0.0/16
CARRIER 223.32.0.0/11
VPN 223.38.1.0/28

# end
EMULATOR NoxTest
"""
EMULATOR = "Mozilla/5.0 (Linux; Android 14; sdk_gphone64_x86_64) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36"


@pytest.fixture
def clock(at):
    with time_machine.travel(at, tick=False) as traveller:
        yield traveller


@pytest.fixture
def known(db, at):
    lists.take_over(name="vpn", content=lists.read(LIST.encode()), by=None, at=at)


def start(campaign, member, at, address=HOME, agent=ANDROID):
    place = origins.place(address, agent)
    return services.start(member=member.pk, campaign=campaign.public_id, device=DEVICE, at=at, place=place)


def setting(name, value, at):
    DatedSetting.objects.create(name=name, value=value, effective_from=at - timedelta(days=1), reason="test")


class TestAVpn:
    def test_usr_20_is_refused_by_a_mission_that_pays_at_once_and_the_member_is_told_which(self, running, suji, known, at):
        with pytest.raises(services.DoubtedOrigin, match="VPN을 쓰고 있어요") as refusal:
            start(running, suji, at, VPN)
        assert refusal.value.context["origin"] == "VPN"
        assert (Participation.objects.count(), BudgetSlot.objects.get().taken, Origin.objects.count()) == (0, 0, 0)
        assert start(running, suji, at).is_new, "at home the same member starts"

    def test_usr_20_waits_for_a_look_where_the_mission_can_wait(self, launch, suji, known, at):
        quiz = launch(type="QUIZ", unit_price=50, budget=500)
        taking = start(quiz, suji, at, VPN)
        assert "VPN을 쓰고 있어요" in taking.notice
        assert "확인이 끝난 뒤에 티켓을 드려요" in taking.notice
        token = token_of(taking, at)
        done = choose(suji, token, right_for(suji), at + timedelta(seconds=20))
        assert (done.state, done.score, credits.member_tickets(suji.pk)) == ("QUARANTINED", 40, 0)
        assert FraudSignal.objects.get().code == "origin.vpn"

    def test_the_narrowest_range_counts_and_a_carriers_address_alone_says_nothing(self, launch, known, at):
        running = launch(type="QUIZ", unit_price=50, budget=500)
        assert start(running, factories.MemberFactory(), at, "223.39.1.1").notice == ""
        assert "VPN" in start(running, factories.MemberFactory(), at, "223.38.1.1").notice
        assert list(Origin.objects.order_by("at", "member_id").values_list("found", flat=True)) == ["CARRIER", "VPN"]

    def test_weighs_what_the_policy_of_the_moment_says(self, launch, suji, known, at):
        setting("campaigns.fraud_origin_penalty", 10, at)
        quiz = launch(type="QUIZ", unit_price=50, budget=500)
        token = token_of(start(quiz, suji, at, VPN), at)
        assert choose(suji, token, right_for(suji), at + timedelta(seconds=20)).state == "REWARDED"


def token_of(taking, at):
    return tokens.read(taking.token(at=at), device=DEVICE)


class TestADevice:
    @pytest.mark.parametrize(
        ("agent", "headers", "word"),
        [
            (EMULATOR, {}, "에뮬레이터"), (ANDROID, {"X-Device-Integrity": "rooted"}, "루팅"), ("HeadlessChrome/120", {}, "자동 프로그램"),
        ],
    )  # fmt: skip
    def test_usr_20_that_is_no_ordinary_phone_is_told_so(self, running, suji, clock, agent, headers, word):
        phone = Phone(suji, agent=agent)
        answer = phone.call("post", f"/missions/{running.public_id}/start", **headers)
        assert (answer.status_code, answer.json()["code"]) == (409, "participation.doubted_origin")
        assert word in answer.json()["message"]
        assert Participation.objects.count() == 0

    def test_usr_20_the_page_says_it_too(self, running, suji, clock):
        page = browser(suji.user)
        url = f"/luckffle/missions/{running.public_id}/"
        text = page.post(url + "start/", headers={"User-Agent": EMULATOR}, follow=True).content.decode()
        assert "에뮬레이터에서 실행하고 있어요" in text

    def test_the_app_hears_that_it_has_to_wait(self, launch, suji, clock):
        quiz = launch(type="QUIZ", unit_price=50, budget=500)
        assert Phone(suji).start(quiz).json()["notice"] == ""
        other = Phone(factories.MemberFactory(), agent=EMULATOR).start(quiz).json()
        assert "에뮬레이터" in other["notice"]


class TestLimits:
    def test_an_address_starts_so_many_in_ten_minutes(self, launch, at):
        running = launch(budget=1_000)
        setting("campaigns.starts_per_address", 3, at)
        for _ in range(3):
            start(running, factories.MemberFactory(), at)
        late = factories.MemberFactory()
        with pytest.raises(services.TooManyHere):
            start(running, late, at + timedelta(minutes=9))
        assert BudgetSlot.objects.get().taken == 3
        assert start(running, late, at + timedelta(minutes=9), "121.134.11.20").is_new, "the next street is not held up"
        assert start(running, factories.MemberFactory(), at + timedelta(minutes=11)).is_new

    def test_who_has_started_goes_on_whatever_the_crowd_does(self, running, suji, at):
        setting("campaigns.starts_per_address", 1, at)
        first = start(running, suji, at)
        assert start(running, suji, at + timedelta(seconds=5)).public_id == first.public_id

    def test_a_network_has_its_limit_and_a_carriers_has_none(self, running, known, at):
        setting("campaigns.starts_per_network", 2, at)
        for place in ("121.134.10.1", "121.134.10.2"):
            start(running, factories.MemberFactory(), at, place)
        with pytest.raises(services.TooManyHere):
            start(running, factories.MemberFactory(), at, "121.134.10.3")
        for number in range(4):
            start(running, factories.MemberFactory(), at, f"223.39.7.{number}")

    def test_many_honest_people_behind_one_address_of_a_carrier_all_start(self, running, known, at):
        """Carrier NAT: the same address for a whole district."""
        setting("campaigns.starts_per_address", 2, at)
        for _ in range(10):
            start(running, factories.MemberFactory(), at, "223.39.7.7")
        assert Origin.objects.filter(found="CARRIER").count() == 10
        setting("campaigns.starts_per_shared_address", 10, at)
        with pytest.raises(services.TooManyHere):
            start(running, factories.MemberFactory(), at, "223.39.7.7")

    def finish(self, running, taking, member, at, address=HOME):
        token = tokens.read(taking.token(at=at), device=DEVICE)
        services.open_landing(member=member.pk, token=token, at=at)
        end = at + timedelta(seconds=taking.dwell_seconds + 1)
        return services.confirm(member=member.pk, token=token, beats=0, at=end, place=origins.place(address, ANDROID))

    def test_an_address_finishes_so_many_in_ten_minutes_and_who_waits_loses_nothing(self, launch, at):
        running = launch(budget=1_000)
        setting("campaigns.finishes_per_address", 2, at)
        members = [factories.MemberFactory() for _ in range(3)]
        takings = [start(running, member, at, f"121.134.{number}.1") for number, member in enumerate(members)]
        for member, taking in list(zip(members, takings, strict=True))[:2]:
            assert self.finish(running, taking, member, at).state == "REWARDED"
        with pytest.raises(limits.TooManyFinishes):
            self.finish(running, takings[2], members[2], at)
        assert Finish.objects.count() == 2, "a refused one is not counted"
        assert self.finish(running, takings[2], members[2], at, "121.135.1.1").state == "REWARDED", "nothing was lost"

    def test_a_carriers_address_finishes_by_a_limit_of_its_own(self, launch, known, at):
        running = launch(budget=1_000)
        setting("campaigns.finishes_per_address", 1, at)
        setting("campaigns.finishes_per_network", 1, at)
        setting("campaigns.finishes_per_shared_address", 3, at)
        for number in range(4):
            member = factories.MemberFactory()
            taking = start(running, member, at, "223.39.7.7")
            if number < 3:
                assert self.finish(running, taking, member, at, "223.39.7.7").state == "REWARDED"
                continue
            with pytest.raises(limits.TooManyFinishes):
                self.finish(running, taking, member, at, "223.39.7.7")

    def test_every_door_that_finishes_says_where_from(self, launch, clock, suji, minji, at):
        """On the web and in the app: all of them meet the limit of a place that has made its number."""
        setting("campaigns.finishes_per_address", 1, at)
        top_up(minji, 100_000, at)
        Finish.objects.create(address=origins.place(HOME, "").address_key, network="n", at=at)
        phone, page = Phone(suji), browser(suji.user)
        for client in (phone.client, page):
            client.defaults |= {"REMOTE_ADDR": HOME, "HTTP_USER_AGENT": ANDROID}
        visit, quiz = launch(), launch(key="quiz", type="QUIZ", unit_price=50, budget=500)
        photo, steps = launch(key="photo", type="PROOF"), launch(key="steps", type="STEPS", budget=1_000, daily_cap=1_000)
        stay = phone.start(visit).json()
        phone.open(stay)
        clock.shift(timedelta(seconds=40))
        code = limits.TooManyFinishes.code
        assert phone.confirm(stay).json()["code"] == code
        assert phone.answer(phone.start(quiz).json(), {"choice": 1}).json()["code"] == code
        assert phone.picture(phone.start(photo).json(), photograph(1)).json()["code"] == code
        assert phone.step(phone.start(steps).json(), 1, text="민지네커피").json()["code"] == code
        for campaign, way, more in (
            (visit, "confirm", {}),
            (quiz, "answer", {"choice#": 1}),
            (photo, "picture", {"picture": photograph(2)}),
        ):
            token = phone.start(campaign).json()["token"]
            said = page.post(f"/luckffle/missions/{campaign.public_id}/{way}/", {"token": token, **more}, follow=True)
            assert "너무 많은 참여를 마쳤어요" in said.content.decode(), way
        assert Finish.objects.count() == 1

    def test_an_address_of_our_own_proxies_is_no_place(self, rf):
        for address in ("127.0.0.1", "10.0.0.7", "192.168.1.1", "::1", "fd00::1"):
            assert origins.place_of(rf.get("/", REMOTE_ADDR=address)).address == ""
        assert origins.place_of(rf.get("/", REMOTE_ADDR=HOME)).address == HOME


class TestABlock:
    def block(self, kind, key, at, **more):
        return Block.objects.create(kind=kind, key=key, reason="여러 계정", made_at=at, **more)

    def test_keeps_a_member_out_of_every_mission(self, running, suji, at):
        self.block("MEMBER", f"member:{suji.pk}", at)
        with pytest.raises(services.Blocked):
            services.start(member=suji.pk, campaign=running.public_id, device=DEVICE, at=at)
        assert BudgetSlot.objects.get().taken == 0

    def test_keeps_a_person_out_whatever_account_they_use(self, running, suji, at):
        type(suji).objects.filter(pk=suji.pk).update(person_hash="p" * 64)
        self.block("PERSON", "p" * 64, at)
        with pytest.raises(services.Blocked):
            start(running, suji, at)

    def test_of_a_place_ends_at_its_time(self, running, suji, at):
        self.block("ADDRESS", origins.place(HOME, "").address_key, at, until=at + timedelta(hours=1))
        with pytest.raises(services.Blocked):
            start(running, suji, at + timedelta(minutes=59))
        assert start(running, suji, at + timedelta(hours=1)).is_new

    def test_that_was_lifted_keeps_nobody_out(self, running, suji, at):
        self.block("MEMBER", f"member:{suji.pk}", at, lifted_at=at, lifted_reason="잘못 막았어요")
        assert start(running, suji, at).is_new


class TestWhatIsKept:
    def test_is_a_hash_that_names_nobody(self, running, suji, at):
        start(running, suji, at)
        kept = Origin.objects.get()
        assert HOME not in str(vars(kept))
        assert {len(kept.address), len(kept.network), len(kept.agent)} == {32}
        assert origins.neighbourhood(HOME) == "121.134.10.0/24"
        assert origins.neighbourhood("2001:4860:4860::8888") == "2001:4860:4860::/48"

    def test_of_a_start_without_a_place_is_nothing(self, running, suji, at):
        begin(suji, running, at)
        assert not Origin.objects.exists()


class TestAList:
    def test_is_read_line_by_line(self):
        found = lists.read(LIST.encode())
        assert found.networks[:2] == (("45.83.91.0/24", "VPN"), ("13.124.0.0/16", "HOSTING"))
        assert (found.marks, found.lines) == ((("NoxTest", "EMULATOR"),), 5)

    @pytest.mark.parametrize(
        ("text", "word"),
        [
            ("VPN 1.2.3.4", "첫 줄"), (f"{lists.FIRST_LINE}\nVPN nobody", "2번째 줄"),
            (f"{lists.FIRST_LINE}\n\nSPY 1.2.3.4", "3번째 줄의 종류"),
            (f"{lists.FIRST_LINE}\nVPN 0.0.0.0/0", "너무 넓어요"), (f"{lists.FIRST_LINE}\nBOT x", "3자부터"),
        ],
    )  # fmt: skip
    def test_that_is_wrong_names_the_line_and_changes_nothing(self, known, text, word):
        before = NetworkRange.objects.count()
        with pytest.raises(ListRefused, match=word):
            lists.read(text.encode())
        assert NetworkRange.objects.count() == before

    def test_takes_the_place_of_the_one_before(self, known, at):
        lists.take_over(name="vpn", content=lists.read(f"{lists.FIRST_LINE}\nVPN 5.6.7.8\n".encode()), by=None, at=at)
        assert [str(row.network) for row in NetworkRange.objects.all()] == ["5.6.7.8/32"]
        assert not AgentMark.objects.filter(mark="NoxTest").exists()
        assert TrafficList.objects.filter(name="vpn").count() == 2, "which lists there were stays on record"

    def test_is_imported_by_a_command_that_can_look_first(self, db, tmp_path, capsys):
        file = tmp_path / "vpn.txt"
        file.write_text(LIST)
        call_command("import_traffic_list", str(file), "--name=vpn", "--dry-run")
        assert (NetworkRange.objects.count(), "4 networks, 1 marks" in capsys.readouterr().out) == (0, True)
        call_command("import_traffic_list", str(file), "--name=vpn")
        assert NetworkRange.objects.count() == 4
        with pytest.raises(CommandError, match="이미 들여왔어요"):
            call_command("import_traffic_list", str(file), "--name=vpn")
        file.write_text("nothing")
        with pytest.raises(CommandError, match="첫 줄"):
            call_command("import_traffic_list", str(file), "--name=vpn")
