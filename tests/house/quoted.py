"""What README and handbook quote: every command line with what its page says one sees, and every make target."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
HANDBOOK = ROOT / "docs" / "handbook"
PAGES = (ROOT / "README.md", *sorted(HANDBOOK.glob("*.md")))
SEEN, EXIT = "# → ", re.compile(r"exit (\d): (.+)")
DEMO = ".venv/bin/python -m config.supervisor manage "
PRODUCT = "python manage.py "
# How a command begins, so that one in the middle of a sentence is found too.
_BEGINS = ("make ", "manage.py ", PRODUCT, DEMO, ".ci/run")


@dataclass
class Quoted:
    """One command. seen: what the page says is printed, `…` for what differs.   code: with which it says that it ends."""

    page: str
    line: str
    seen: list[str] = field(default_factory=list)
    code: int = 0

    def __str__(self) -> str:
        return f"{self.page}: {self.line}"


def commands(page: Path) -> list[Quoted]:
    """The commands of a page, those of the fenced blocks with what is seen first."""
    text = page.read_text()
    name, found = page.name, []
    for block in re.findall(r"^ *```(?:sh)?\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL):
        for line in (raw.strip() for raw in block.splitlines()):
            if not line.startswith(SEEN):
                found.append(Quoted(name, line.split("  # ")[0].split(" #")[0].strip()))
            elif ends := EXIT.fullmatch(line.removeprefix(SEEN)):
                found[-1].code = int(ends[1])
                found[-1].seen.append(ends[2])
            else:
                found[-1].seen.append(line.removeprefix(SEEN))
    outside = re.sub(r"^ *```.*?^ *```", "", text, flags=re.MULTILINE | re.DOTALL)
    inline = {code for code in re.findall(r"`([^`\n]+)`", outside) if code.startswith(_BEGINS) and not code.endswith(("…", "manage.py"))}
    return found + [Quoted(name, line) for part in sorted(inline) for line in _each(part)]


def _each(code: str) -> list[str]:
    """`make format lint` are two."""
    targets = code.removeprefix("make ").split()
    return [f"make {target}" for target in targets] if code.startswith("make ") and all(map(str.isalpha, targets)) else [code]


def everywhere() -> list[Quoted]:
    """The commands of every page. One in the middle of a sentence ends as it does where its steps are."""
    found = [command for page in PAGES for command in commands(page)]
    codes = {arguments_of(command.line): command.code for command in found if command.seen}
    for command in found:
        command.code = codes.get(arguments_of(command.line), command.code)
    return found


def is_make(command: Quoted) -> bool:
    return command.line.startswith("make ")


def arguments_of(line: str) -> str | None:
    """What follows manage.py; None for another program."""
    for start in (DEMO, PRODUCT, "manage.py "):
        if line.startswith(start):
            return line.removeprefix(start)
    return None


ALL = everywhere()
