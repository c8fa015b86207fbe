"""
`make storm`: everything at once, with the machine falling apart, and then the question whether the money is right.

Sixteen clients top up by card and into accounts, hold, take part, refund and repeat themselves over two web processes, while processes
are killed, COMMIT answers are lost, and the card company is slow, silent or wrong, or takes orders from its own console. It prints its
seed; the same seed makes the same choices, though not the same interleaving. At the end each sentence of the proof is broken once, to
see that the proof would have said so. It writes its result as JSON and ends with 1 when anything is lost, doubled, spent over budget or
left undecided, or was not tried.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import httpx

from bench import town
from bench.clients import Client, Crowd, Desk, Shop, Tally
from bench.processes import ROOT, VICTIMS, Machine, environment_of

VAR = ROOT / "var"
OWNERS, PLAYERS = 20, 240
SHOPS, DESKS, CROWDS = 6, 2, 8
REFUNDED_WITHIN_SECONDS = 240  # a refund that came to its end is waited for beyond the plan, but not for ever
STALL_SECONDS = 180  # without a single operation: the storm is over, and so is the product
WANTED_STEPS = (
    "top_up", "deposit", "submit", "start", "confirm", "end", "refund", "console_cancel", "complaint", "review", "refund_decision_yes",
)  # fmt: skip
WANTED_ENTRIES = ("TOP_UP", "BONUS", "HOLD", "CAPTURE", "RELEASE", "FREEZE", "RECLAIM", "CANCEL", "TICKET_GRANT")
# What the card company does wrong, each for a few calls; nothing takes longer than the product waits.
API_FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "error", "status": 500, "when": "before"},
    {"kind": "error", "status": 502, "html": True, "when": "after"},
    {"kind": "drop", "when": "before"},
    {"kind": "drop", "when": "after"},
    {"kind": "garbage", "when": "after"},
    {"kind": "delay", "seconds": 3, "when": "during"},
    {"kind": "timeout", "seconds": 15, "when": "after"},
)
WEBHOOK_FAULTS: tuple[dict[str, Any], ...] = ({"kind": "duplicate", "copies": 3}, {"kind": "delay", "seconds": 5})


@dataclass(frozen=True, slots=True)
class Plan:
    """
    seed: of every choice.   operations: steps and replays until the clients stop.   kills, drops: how often, spread evenly.
    faults: how often the card company and the net misbehave.
    patience: seconds after the last operation in which the clock is left alone (`verdict.wait_until_final`).
    """

    seed: int
    operations: int
    kills: int
    drops: int
    faults: int
    patience: float


class Weather:
    """Breaks things as the count of operations grows, in an order that the seed decides. All is done at nine tenths of them."""

    def __init__(self, *, plan: Plan, machine: Machine) -> None:
        self.machine, self.plan, self.random = machine, plan, Random(f"{plan.seed}:weather")
        self.faults: Counter[str] = Counter()
        self.disturbed: Counter[str] = Counter()
        self._victims: list[str] = []
        self._pg = httpx.Client(base_url=f"{machine.sandbox_url}/_control", timeout=30, trust_env=False)

    def blow(self, operations: int) -> None:
        """Break whatever is due after so many operations."""
        share = min(1.0, operations / (0.9 * self.plan.operations))
        if sum(self.machine.kills.values()) < int(self.plan.kills * share):
            self._kill()
        proxy = self.machine.proxies["postgres"]
        if proxy.commit_answers_dropped < int(self.plan.drops * share):
            proxy.drop_commit_answers(1)
        if self.faults.total() < int(self.plan.faults * share):
            self._spoil_the_card_company()
            self._disturb_the_net()

    @property
    def is_spent(self) -> bool:
        """True when everything planned was broken; quick clients may be through with their operations before."""
        killed, dropped = sum(self.machine.kills.values()), self.machine.proxies["postgres"].commit_answers_dropped
        return killed >= self.plan.kills and dropped >= self.plan.drops and self.faults.total() >= self.plan.faults

    def calm(self) -> None:
        """Nothing is broken from now on."""
        for proxy in self.machine.proxies.values():
            proxy.drop_commit_answers(0)
            proxy.delay(0)
            proxy.refuse(False)
            proxy.black_hole(False)
        self._pg.delete("/faults")
        self._pg.delete("/webhooks/faults")

    def _kill(self) -> None:
        if not self._victims:
            self._victims = self.random.sample(VICTIMS, len(VICTIMS))
        victim = self._victims.pop()
        say(f"  kill {victim}")
        self.machine.kill(victim)

    def _spoil_the_card_company(self) -> None:
        door, kinds = self.random.choice((("/faults", API_FAULTS), ("/faults", API_FAULTS), ("/webhooks/faults", WEBHOOK_FAULTS)))
        fault = self.random.choice(kinds)
        self._pg.post(door, json={**fault, "count": self.random.randint(1, 3)}).raise_for_status()
        self.faults[f"{'webhook ' if 'webhooks' in door else ''}{fault['kind']}"] += 1

    def _disturb_the_net(self) -> None:
        name = self.random.choice(("postgres", "redis", "sandbox"))
        proxy = self.machine.proxies[name]
        what = self.random.choice(
            ("reset", "half close", "delay") if name == "postgres" else ("reset", "half close", "delay", "silence", "refuse")
        )
        self.disturbed[f"{name} {what}"] += 1
        if what == "reset":
            proxy.reset_all()
        elif what == "half close":
            proxy.half_close_all()
        elif what == "delay":
            proxy.delay(0.02)
        elif what == "silence":
            proxy.black_hole(True)
        elif what == "refuse":
            proxy.refuse(True)
        time.sleep(1)
        proxy.delay(0)
        proxy.black_hole(False)
        proxy.refuse(False)
        if what == "silence":
            proxy.reset_all()  # swallowed bytes stay lost: those connections are of no use


class Laps:
    """Seconds of each stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._began = self._last = time.monotonic()

    def lap(self, stage: str) -> None:
        """The stage ends now."""
        now = time.monotonic()
        self.seconds[stage] = round(now - self._last, 1)
        self.seconds["in all"] = round(now - self._began, 1)
        self._last = now
        say(f"  {stage}: {self.seconds[stage]:.0f} s")


def run(plan: Plan, *, folder: Path, result: Path) -> int:
    """The whole storm; the exit code."""
    shutil.rmtree(folder, ignore_errors=True)
    laps, tally = Laps(), Tally()
    say(f"storm seed {plan.seed}: {plan.operations:,} operations, {plan.kills} kills, {plan.drops} lost COMMIT answers")
    with Machine(folder=folder) as machine:
        laps.lap("starting the processes")
        town.connect(database_url=machine.database_url, environment=dict(environment_of(machine)))
        people = town.settle(owners=OWNERS, players=PLAYERS)
        laps.lap("making the people")
        weather = Weather(plan=plan, machine=machine)
        _blow(plan, machine=machine, people=people, tally=tally, weather=weather)
        laps.lap("storm")
        # Only now: their modules read the settings that `connect` made.
        from bench import breakages, verdict

        ahead = verdict.wait_until_final(machine=machine, since=time.monotonic(), patience=plan.patience)
        laps.lap("until every row was final")
        books = verdict.books(machine)
        findings = [*tally.faults, *_not_tried(plan, machine, tally, books), *verdict.findings(machine=machine, tally=tally)]
        laps.lap("proof")
        machine.end("relay", "worker")
        findings += [f"the proof does not notice {unnoticed}" for unnoticed in breakages.unnoticed()]
        laps.lap(f"breaking the books in {len(breakages.BREAKAGES)} ways")
    data = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "plan": asdict(plan),
        "clients": SHOPS + DESKS + CROWDS,
        "operations": tally.operations,
        "seconds": laps.seconds,
        "clock put on": ahead,
        "steps": dict(tally.done),
        "replays": dict(tally.replays),
        "met silence": dict(tally.unanswered),
        "refused": dict(tally.refused),
        "left": tally.left,
        "kills": machine.kills,
        "commits unanswered": machine.proxies["postgres"].commit_answers_dropped,
        "card company": dict(weather.faults),
        "net": dict(weather.disturbed),
        "ended by themselves": machine.ended,
        "books": books,
        "findings": findings,
    }
    result.write_text(json.dumps(data, ensure_ascii=False, indent=2) + "\n")
    show(data)
    say(f"storm: the money is right; written to {result.name}" if not findings else f"storm: {len(findings)} findings; seed {plan.seed}")
    return 1 if findings else 0


def _blow(plan: Plan, *, machine: Machine, people: town.Town, tally: Tally, weather: Weather) -> None:
    """Clients and weather until everything was tried and everybody finished what they began."""
    started = moved = time.monotonic()
    seen = shown = 0
    with _clients(plan=plan, machine=machine, people=people, tally=tally):
        while not (_is_tried(plan, tally, weather) and (town.has_refunded() or time.monotonic() > started + REFUNDED_WITHIN_SECONDS)):
            time.sleep(0.1)
            weather.blow(tally.operations)
            machine.revive()
            if tally.operations > seen:
                seen, moved = tally.operations, time.monotonic()
            if seen - shown >= plan.operations // 10:
                shown = seen
                say(f"  {shown:,} operations after {time.monotonic() - started:.0f} s")
            if time.monotonic() > moved + STALL_SECONDS:
                tally.fault(f"no operation for {STALL_SECONDS} s")
                break
        weather.calm()
        machine.revive()
        machine.wait_until_ready()


def _is_tried(plan: Plan, tally: Tally, weather: Weather) -> bool:
    return tally.operations >= plan.operations and all(tally.done[step] for step in WANTED_STEPS) and weather.is_spent


def _not_tried(plan: Plan, machine: Machine, tally: Tally, books: dict[str, Any]) -> Iterator[str]:
    """A storm in which something did not happen proves nothing about it."""
    if tally.operations < plan.operations:
        yield f"only {tally.operations} of {plan.operations} operations"
    if sum(machine.kills.values()) < plan.kills:
        yield f"only {sum(machine.kills.values())} of {plan.kills} kills"
    if machine.proxies["postgres"].commit_answers_dropped < plan.drops:
        yield f"only {machine.proxies['postgres'].commit_answers_dropped} of {plan.drops} COMMIT answers were lost"
    yield from (f"nobody came to {step}" for step in WANTED_STEPS if not tally.done[step])
    yield from (f"the ledger has no {kind}" for kind in WANTED_ENTRIES if not books["entries"].get(kind))
    # Kombu ends a worker whose broker hangs up at the wrong moment; a host starts it again, and nothing may be lost for it.
    yield from (ended for ended in machine.ended if not ended.startswith("worker "))


@contextmanager
def _clients(*, plan: Plan, machine: Machine, people: town.Town, tally: Tally) -> Iterator[None]:
    """Every client at work; at the end of the block they finish what they began."""
    clients: list[Client] = []

    def options(name: str) -> dict[str, Any]:
        return {
            "origins": machine.origins,
            "sandbox_url": machine.sandbox_url,
            "tally": tally,
            "random": Random(f"{plan.seed}:{name}"),
        }

    def may_leave() -> bool:
        return tally.operations < plan.operations / 2  # so that their time has run out when the others are done, or soon after

    clients += [Shop(people.owners[n::SHOPS], **options(f"shop {n}")) for n in range(SHOPS)]
    clients += [Desk(people, **options(f"desk {n}")) for n in range(DESKS)]
    clients += [
        Crowd(people.players[n::CROWDS], token_of=town.access_token, may_leave=may_leave, **options(f"crowd {n}")) for n in range(CROWDS)
    ]
    for client in clients:
        client.start()
    try:
        yield
    finally:
        for client in clients:
            client.stop()
        for client in clients:
            client.join()


def show(data: dict[str, Any]) -> None:
    """The result as people read it."""
    seconds, books = data["seconds"], data["books"]
    say(f"\n{data['operations']:,} operations by {data['clients']} clients in {seconds['storm']:.0f} s")
    counted = {name: data[name] for name in ("steps", "replays", "met silence", "refused", "kills", "card company", "net")}
    counted |= {name: books[name] for name in books if name != "money"}
    for name, counts in counted.items():
        say(f"{name:<18} {sum(counts.values()):>7,}  {', '.join(f'{key} {count:,}' for key, count in sorted(counts.items()))}")
    say(f"commits unanswered {data['commits unanswered']:>7,}")
    say(f"left, never back   {data['left']:>7,}")
    for name, amount in books["money"].items():
        say(f"{name:<40} {amount:>15,}")
    ahead = f", the clock put on by {data['clock put on']} s" if data["clock put on"] else ""
    say(f"every row final {seconds['until every row was final']:.0f} s after the last operation{ahead}; {seconds['in all']:.0f} s in all")
    for finding in data["findings"][:40]:
        say(f"WRONG {finding}")


def _commit() -> str:
    """What was tried; empty outside a checkout."""
    done = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def say(text: str) -> None:
    print(text, flush=True)


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.storm", description="Break everything, then prove the money.")
    parser.add_argument("--seed", type=int, default=None, help="a number; without it one is chosen and printed")
    parser.add_argument("--operations", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--drops", type=int, default=20)
    parser.add_argument("--faults", type=int, default=40, help="of the card company, and of the net")
    parser.add_argument("--patience", type=float, default=600, help="seconds before the clock is put on for rows that wait for it")
    parser.add_argument("--folder", type=Path, default=VAR / "storm", help="for data and logs; emptied first")
    parser.add_argument("--result", type=Path, default=VAR / "storm.json")
    chosen = vars(parser.parse_args())
    seed = chosen.pop("seed")
    folder, result = chosen.pop("folder").resolve(), chosen.pop("result")
    return run(Plan(seed=Random().randrange(1_000_000) if seed is None else seed, **chosen), folder=folder, result=result)


if __name__ == "__main__":
    sys.exit(main())
