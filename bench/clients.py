"""
What the people of a storm do, each step over HTTP. A step that got no answer is sent again with the same form or body until
somebody answers, and now and then it is sent again although it was answered: people and apps do both, and neither may count twice.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from typing import Any, TypeVar

import httpx

from bench.town import Owner, Player, Town
from bench.visitor import Away, Page, Visitor

PRICES = (50, 100, 200)
DWELL_SECONDS = 5
IN_STEPS = 0.25  # of the campaigns: two words to find, in any order, each worth half of the price
STEPWISE, WORDS = "단계", ("원두", "라떼")
CONSOLE_KRW = 11_000
REPLAYED = 0.05  # of the answered steps
LEFT = 0.05  # of the members who begin while they may leave
SILENCE_SECONDS = 90  # nothing that is killed or cut stays away for so long
SEOUL = timedelta(hours=9)
Answer = TypeVar("Answer")
AGENT = {"user-agent": "Luckffle/3.2 (Android 15; Dart/3.9)"}


@dataclass
class Tally:
    """
    What the clients saw, shared by all of them.

    done: steps by name.   replays: answered steps that were sent again on purpose.   unanswered: sent into silence, and then again.
    refused: answers that said no, in words.   faults: what must not be.   left: participations whose members never came back.
    paid: order numbers that the card company took money for.   confirmed: (member, campaign) that were told they are done.
    """

    lock: threading.Lock = field(default_factory=threading.Lock)
    done: Counter[str] = field(default_factory=Counter)
    replays: Counter[str] = field(default_factory=Counter)
    unanswered: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    left: int = 0
    paid: set[str] = field(default_factory=set)
    confirmed: set[tuple[int, str]] = field(default_factory=set)
    running: dict[str, Owner] = field(default_factory=dict)
    orders: dict[str, Owner] = field(default_factory=dict)

    @property
    def operations(self) -> int:
        """Steps that were done, and replays of them. What met silence or a refusal does not count."""
        with self.lock:
            return self.done.total() + self.replays.total()

    def did(self, name: str) -> None:
        with self.lock:
            self.done[name] += 1

    def replayed(self, name: str) -> None:
        with self.lock:
            self.replays[name] += 1

    def met_silence(self, name: str) -> None:
        with self.lock:
            self.unanswered[name] += 1

    def refuse(self, name: str) -> None:
        with self.lock:
            self.refused[name] += 1

    def leave(self) -> None:
        with self.lock:
            self.left += 1

    def fault(self, text: str) -> None:
        with self.lock:
            self.faults.append(text)


class Client:
    """One thread. `step` does one thing; `stop` ends the thread after the step that runs."""

    def __init__(self, *, origins: tuple[str, ...], sandbox_url: str, tally: Tally, random: Random) -> None:
        self.tally, self.random, self.origins = tally, random, origins
        self._sandbox = httpx.Client(base_url=f"{sandbox_url}/_control", timeout=30, trust_env=False)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()

    def join(self) -> None:
        """Wait for the step that runs; one that does not end is a fault."""
        self._thread.join(2 * SILENCE_SECONDS)
        if self._thread.is_alive():
            self.tally.fault(f"{type(self).__name__}: still at work after {2 * SILENCE_SECONDS} s")

    def step(self) -> None:
        """One thing that this client does."""
        raise AssertionError("each kind of client has its own")

    def visitor(self, cookies: dict[str, str]) -> Visitor:
        return Visitor(origins=self.origins, cookies=cookies, random=self.random)

    def until_answered(self, name: str, send: Callable[[], Answer]) -> Answer:
        """
        Send until there is an answer; now and then twice although it was answered.

        :raises Away: nobody answered for SILENCE_SECONDS, which is a fault.
        """
        deadline = time.monotonic() + SILENCE_SECONDS
        while True:
            try:
                answer = send()
                if self.random.random() < REPLAYED:
                    answer = send()
                    self.tally.replayed(name)
            except Away as away:
                self.tally.met_silence(name)
                if time.monotonic() > deadline:
                    self.tally.fault(f"{name}: nobody answered for {SILENCE_SECONDS} s: {away}")
                    raise
                time.sleep(self.random.uniform(0.1, 0.5))
            else:
                return answer

    def control(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        answer = self._sandbox.request(method, path, json=body)
        if answer.status_code != 200:
            raise Away(f"sandbox: {answer.status_code} {answer.text[:200]}")
        return dict(answer.json())

    def look(self, name: str, page: Page) -> bool:
        """True when the page is a good answer; a page of ours that answers 5xx is a fault."""
        if page.status >= 500:
            self.tally.fault(f"{name}: {page.status} at {page.path}")
        return page.status == 200

    @property
    def has_more(self) -> bool:
        """True while something that was begun is not finished; such a client goes on after `stop`."""
        return False

    def _run(self) -> None:
        while not self._stop.is_set() or self.has_more:
            try:
                self.step()
            except Away:
                self._stop.wait(0.3)
            except httpx.TransportError:  # the sandbox itself is beside the proxy and may be busy
                self._stop.wait(0.3)
            except Exception as error:
                self.tally.fault(f"{type(self).__name__}: {error!r}")
                self._stop.wait(1)


class Shop(Client):
    """Owners who pay, run campaigns and ask for money back."""

    def __init__(self, owners: tuple[Owner, ...], **options: Any) -> None:
        super().__init__(**options)
        self.owners = [(owner, self.visitor(owner.cookies)) for owner in owners]

    def step(self) -> None:
        owner, browser = self.random.choice(self.owners)
        acts = (self.top_up, self.submit, self.end, self.refund, self.elsewhere, self.look_around)
        act = self.random.choices(acts, weights=(4, 3, 2, 2, 2, 2))[0]
        act(owner, browser)

    def top_up(self, owner: Owner, browser: Visitor) -> None:
        """Choose a package, pay by card or into an account, or do not; come back or do not."""
        page = self.until_answered("top_up", lambda: browser.get("/payments/top-up/"))
        offered = page.choices("package") if self.look("top_up", page) else []
        if not offered:
            return
        package = self.random.choice(offered[:3])
        chosen = self.until_answered("top_up", lambda: browser.get(f"/payments/top-up/?package={package}"))
        form = chosen.form(having="package") if self.look("top_up", chosen) else None
        if form is None:
            return
        method = self.random.choice(("CARD", "CARD", "VIRTUAL_ACCOUNT"))
        sent = self.until_answered("top_up", lambda: browser.post(form, package=package, agree="on", method=method))
        checkout = sent.data("checkout") if self.look("top_up", sent) else None
        if checkout is None:
            return
        self.tally.did("top_up")
        order_id = str(checkout["paymentId"])
        with self.tally.lock:
            self.tally.orders[order_id] = owner
        fate = self.random.random()
        self.control("POST", "/payments", {"request": checkout})
        if fate < 0.1:
            self.control("POST", f"/payments/{order_id}/decline", {})
        elif fate < 0.9:
            self.control("POST", f"/payments/{order_id}/approve", {})
            if method == "VIRTUAL_ACCOUNT":
                self.control("POST", f"/payments/{order_id}/deposit", {})
                self.tally.did("deposit")
            with self.tally.lock:
                self.tally.paid.add(order_id)
        if fate < 0.6:  # the rest closed the tab: webhook and sweeper are left
            back = self.until_answered("return", lambda: browser.get(f"/payments/orders/{order_id}/complete/"))
            if self.look("return", back):
                self.tally.did("return")

    def submit(self, owner: Owner, browser: Visitor) -> None:
        """Write a campaign in the wizard, step by step, and hold its budget."""
        price = self.random.choice(PRICES)
        budget = price * self.random.randrange(50, 400)
        now = datetime.now(UTC) + SEOUL
        is_stepwise = self.random.random() < IN_STEPS
        kind, details = (STEPWISE, _in_steps(price)) if is_stepwise else ("방문", {"details-dwell_seconds": DWELL_SECONDS})
        answers: list[tuple[str, dict[str, object]]] = [
            ("type", {"type": "STEPS" if is_stepwise else "VISIT"}),
            (
                "landing_url",
                {
                    "title": f"{owner.name} {kind} {self.random.randrange(10_000)}",
                    "landing_url": "https://shop.example.com/landing",
                    **details,
                },
            ),
            ("tickets", {"tickets": len(WORDS) if is_stepwise else 1}),
            ("unit_price", {"unit_price": price, "budget": budget, "daily_cap": budget}),
            (
                "starts_at",
                {
                    "starts_at": (now - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M"),
                    "ends_at": (now + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M"),
                },
            ),
            ("version", {}),
        ]
        page = self.until_answered("submit", lambda: browser.get("/campaigns/new/"))
        for having, written in answers:
            form = page.form(having="key" if having == "type" else having) if self.look("submit", page) else None
            if form is None:
                return
            page = self.until_answered("submit", partial(browser.post, form, **written))
        if self.look("submit", page):
            self.tally.did("submit")
            with self.tally.lock:
                self.tally.running.setdefault(page.path, owner)
        else:
            self.tally.refuse("submit")

    def end(self, owner: Owner, browser: Visitor) -> None:
        """End one of the campaigns early; what is left is released."""
        with self.tally.lock:
            mine = sorted(path for path, who in self.tally.running.items() if who is owner)
            is_early = len(self.tally.running) < 3
        if is_early or not mine:
            return
        page = self.until_answered("end", lambda: browser.get(mine[0]))
        form = page.form(action="/end/") or page.form(action="/withdraw/") if self.look("end", page) else None
        if form is None:
            return
        sent = self.until_answered("end", lambda: browser.post(form))
        if self.look("end", sent):
            self.tally.did("end")
            with self.tally.lock:
                self.tally.running.pop(mine[0], None)

    def refund(self, owner: Owner, browser: Visitor) -> None:
        """Ask for a part of a payment back, or for all that is left."""
        with self.tally.lock:
            paid = sorted(order for order in self.tally.paid if self.tally.orders.get(order) is owner)
        if not paid:
            return
        order_id = self.random.choice(paid)
        page = self.until_answered("refund", lambda: browser.get(f"/payments/orders/{order_id}/refund/"))
        form = page.form(having="credits") if self.look("refund", page) else None
        if form is None:
            self.tally.refuse("refund")
            return
        most = int(form.values["credits"].replace(",", "") or 0)
        part = most if self.random.random() < 0.2 else max(1, most * self.random.randrange(1, 50) // 100)
        reason = form.values.get("reason") or "일정이 바뀌었어요"
        sent = self.until_answered("refund", lambda: browser.post(form, credits=part, reason=reason))
        if self.look("refund", sent):
            self.tally.did("refund")
        else:
            self.tally.refuse("refund")

    def elsewhere(self, _owner: Owner, browser: Visitor) -> None:
        """Behind the back of any of them: a part is cancelled at the card company's console, or a card holder complains and gives in."""
        with self.tally.lock:
            paid = [(order, seen) for order in sorted(self.tally.paid) for who, seen in self.owners if self.tally.orders.get(order) is who]
            wants_complaint = self.tally.done["complaint"] < self.tally.done["console_cancel"] / 2
        if not paid:
            return
        order_id, browser = self.random.choice(paid)
        page = self.until_answered("elsewhere", lambda: browser.get(f"/payments/orders/{order_id}/refund/"))
        if not self.look("elsewhere", page) or page.form(having="credits") is None:
            return  # not credited yet, or not by card
        if not wants_complaint:
            self.control("POST", f"/payments/{order_id}/console-cancel", {"amount": CONSOLE_KRW})
            self.tally.did("console_cancel")
        else:
            self.control("POST", f"/payments/{order_id}/dispute", {})
            self._stop.wait(0.5)
            self.control("POST", f"/payments/{order_id}/resolve-dispute", {})
            self.tally.did("complaint")

    def look_around(self, owner: Owner, browser: Visitor) -> None:
        """Pages that only read."""
        path = self.random.choice(("/dashboard/", "/my-page/payment/", "/my-page/credit/", "/my-page/refunds/", "/campaigns/"))
        page = self.until_answered("read", lambda: browser.get(path))
        if self.look("read", page):
            self.tally.did("read")


def _in_steps(price: int) -> dict[str, object]:
    """The wizard's answers on the steps: each word is worth its share of the price."""
    answers: dict[str, object] = {"details-order": "FREE", "details-checker": "ADVERTISER"}
    for number, word in enumerate(WORDS):
        one = {
            "title": f"{word} 찾기",
            "guide": "첫 화면에 있는 단어",
            "way": "WORD",
            "word": word,
            "credits": price // len(WORDS),
            "tickets": 1,
        }
        answers |= {f"details-steps-{number}-{name}": value for name, value in one.items()}
    return answers


class Desk(Client):
    """Operators who review campaigns and decide refunds, two at the same desk with two windows each."""

    def __init__(self, town: Town, **options: Any) -> None:
        super().__init__(**options)
        self.reviewer, self.finance = self.visitor(town.operator), self.visitor(town.finance)

    def step(self) -> None:
        if self.random.random() < 0.6:
            self.decide(self.reviewer, "review", "/backoffice/review/", yes="/approve/", no="/reject/", chance=0.97)
        else:
            self.decide(self.finance, "refund_decision", "/backoffice/refunds/", yes="/approve/", no="/deny/", chance=0.85)

    def decide(self, browser: Visitor, name: str, room: str, *, yes: str, no: str, chance: float) -> None:
        """Take one thing that waits and decide it."""
        page = self.until_answered(name, lambda: browser.get(room))
        if not self.look(name, page):
            return
        waiting = [link for link in page.links(room) if len(link) > len(room) + 30]
        if not waiting:
            self._stop.wait(0.5)
            return
        link = self.random.choice(waiting)
        detail = self.until_answered(name, lambda: browser.get(link))
        if not self.look(name, detail):
            return
        form = detail.form(action=yes if self.random.random() < chance else no)
        if form is None:
            return
        sent = self.until_answered(name, lambda: browser.post(form, **({"reason": "서류를 확인했어요"} if "reason" in form.values else {})))
        if self.look(name, sent):
            self.tally.did(name)
            if yes in form.action:
                self.tally.did(f"{name}_yes")


@dataclass(frozen=True)
class Stay:
    """A member on an advertiser's page. until: on the monotonic clock.   taking: the participation."""

    until: float
    player: Player
    mission: str
    taking: str
    token: str


class Crowd(Client):
    """Members who take part, each at their own pace."""

    def __init__(
        self, players: tuple[Player, ...], *, token_of: Callable[[Player], str], may_leave: Callable[[], bool], **options: Any
    ) -> None:
        """may_leave: whether members may walk away from what they begin now; their units come back when their time has run out."""
        super().__init__(**options)
        self.players, self.token_of, self.may_leave = players, token_of, may_leave
        self.browser = self.visitor({})
        self.staying: deque[Stay] = deque()
        self.missions: list[tuple[str, bool]] = []  # with whether it is one of several steps
        self.listed_at = 0.0

    @property
    def has_more(self) -> bool:
        return bool(self.staying)

    def step(self) -> None:
        if self.staying and self.staying[0].until <= time.monotonic():
            self.confirm(self.staying.popleft())
        elif len(self.staying) < 200 and not self._stop.is_set():
            self.take_part(self.random.choice(self.players))
        else:
            time.sleep(0.05)

    def take_part(self, player: Player) -> None:
        """Start a mission and open the advertiser's page."""
        if time.monotonic() > self.listed_at + 3:
            listed = self.call("missions", player, "GET", "/missions")
            if listed.status_code != 200:
                return
            self.missions = [(item["id"], STEPWISE in item["title"]) for item in listed.json()["items"]]
            self.listed_at = time.monotonic()
        if not self.missions:
            self._stop.wait(0.3)
            return
        mission, is_stepwise = self.random.choice(self.missions)
        started = self.call("start", player, "POST", f"/missions/{mission}/start")
        if started.status_code not in (200, 201):
            self.tally.refuse("start")
            return
        self.tally.did("start")
        token, taking = started.json()["token"], started.json()["id"]
        if is_stepwise:  # nobody leaves: what was begun would keep its place for a week
            self.step_through(player, mission, taking, token)
            return
        if self.may_leave() and self.random.random() < LEFT:
            self.tally.leave()
            return
        opened = self.call("open", player, "POST", f"/participations/{taking}/open", {"token": token})
        if opened.status_code != 200:
            self.tally.refuse("open")
            return
        self.tally.did("open")
        self.staying.append(Stay(time.monotonic() + DWELL_SECONDS + 0.2, player, mission, taking, token))

    def step_through(self, player: Player, mission: str, taking: str, token: str) -> None:
        """Send every step, in any order; each is earned by itself, and the last one says that all is done."""
        numbers = list(range(1, len(WORDS) + 1))
        self.random.shuffle(numbers)
        state = ""
        for number in numbers:
            fields = {"token": token, "step": number, "text": WORDS[number - 1]}
            path = f"/api/luckffle/v1/participations/{taking}/step"
            answer = self.until_answered("step", partial(self._send_step, player, path, fields))
            if answer.status_code >= 500:
                self.tally.fault(f"step: {answer.status_code} {answer.text[:200]}")
            if answer.status_code != 200:
                self.tally.refuse("step")
                return
            state = answer.json()["state"]
            self.tally.did("step")
        if state == "REWARDED":
            with self.tally.lock:
                self.tally.confirmed.add((player.member_id, mission))

    def _send_step(self, player: Player, path: str, fields: dict[str, object]) -> httpx.Response:
        return self.browser.send(path, token=self.token_of(player), fields=fields, headers=AGENT)

    def confirm(self, stay: Stay) -> None:
        """Come back and say so."""
        answer = self.call("confirm", stay.player, "POST", f"/participations/{stay.taking}/confirm", {"token": stay.token})
        if answer.status_code == 200:
            self.tally.did("confirm")
            with self.tally.lock:
                self.tally.confirmed.add((stay.player.member_id, stay.mission))
        else:
            self.tally.refuse("confirm")

    def call(self, name: str, player: Player, method: str, path: str, body: object = None) -> httpx.Response:
        """One call of the app, repeated until answered."""
        headers = {**AGENT, "idempotency-key": f"{name}-{self.random.getrandbits(64):x}"}
        answer = self.until_answered(
            name,
            lambda: self.browser.json(method, f"/api/luckffle/v1{path}", token=self.token_of(player), body=body, headers=headers),
        )
        if answer.status_code >= 500:
            self.tally.fault(f"{name}: {answer.status_code} {answer.text[:200]}")
        return answer
