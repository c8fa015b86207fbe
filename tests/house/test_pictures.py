"""The README shows the product: pictures that exist, are small, and are those that `make screenshots` takes; one drawing of the whole."""

import hashlib
import json
import re
import shutil
import struct
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image

from config import pictures

ROOT = Path(__file__).resolve().parent.parent.parent
TAKEN = {f"{name}-{size}.png": size for name, (_, _, sizes) in pictures.SHOTS.items() for size in sizes}
DRAWING = ROOT / "docs" / "architecture.svg"


class TestPictures:
    def test_are_those_the_command_takes(self) -> None:
        assert {path.name for path in pictures.PICTURES.iterdir()} == set(TAKEN)

    def test_are_all_shown_in_the_readme(self) -> None:
        shown = re.findall(r"docs/pictures/([\w-]+\.png)", (ROOT / "README.md").read_text())
        assert sorted(shown) == sorted(TAKEN)

    @pytest.mark.parametrize("name, size", TAKEN.items(), ids=list(TAKEN))
    def test_are_small_and_of_their_screen(self, name: str, size: str) -> None:
        content = (pictures.PICTURES / name).read_bytes()
        assert len(content) <= pictures.LARGEST
        assert content.startswith(b"\x89PNG")
        assert struct.unpack(">II", content[16:24]) == tuple(pictures.SIZES[size]["viewport"].values())

    def test_refuse_when_no_demo_answers(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        def nobody(origin: str) -> list[Path]:
            raise RuntimeError(f"nobody answers at {origin}")

        monkeypatch.setenv("ORIGIN", "http://127.0.0.1:9")
        monkeypatch.setattr(pictures, "take", nobody)
        assert pictures.main() == 1
        assert "No pictures: nobody answers at http://127.0.0.1:9" in capsys.readouterr().err


class TestTheDrawing:
    def test_stands_alone_and_speaks_to_those_who_do_not_see_it(self) -> None:
        text = DRAWING.read_text()
        root = ElementTree.fromstring(text)
        names = {"title": "", "desc": ""} | {child.tag.rpartition("}")[2]: child.text for child in root}
        assert names["title"]
        assert names["desc"]
        assert "http" not in text.replace('xmlns="http://www.w3.org/2000/svg"', "")
        assert not re.search(r"<(script|image|foreignObject)", text)

    def test_has_colours_for_light_and_dark(self) -> None:
        light, dark = DRAWING.read_text().split("@media (prefers-color-scheme: dark)")
        classes = set(re.findall(r"^    \.(\w+) \{ [^}]*(?:fill: #|stroke: #)", light, re.MULTILINE))
        assert classes - set(re.findall(r"\.(\w+) \{", dark.split("</style>")[0])) == set()

    @pytest.mark.parametrize(
        "word", ["advertiser", "luckffle", "backoffice", "PostgreSQL", "Redis", "relay", "worker", "beat", "sandbox", "PortOne"]
    )
    def test_names(self, word: str) -> None:
        assert f">{word}" in DRAWING.read_text()


def hashes_of(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


class TestTheLandingPage:
    def test_shows_pictures_that_the_command_took(self) -> None:
        known = json.loads(pictures.LANDING_HASHES.read_text())
        assert hashes_of(pictures.LANDING_PICTURES) == known
        assert {name.partition(".")[0] for name in known} == set(pictures.LANDING)

    def test_would_notice_a_picture_that_the_command_did_not_take(self, tmp_path: Path) -> None:
        shutil.copytree(pictures.LANDING_PICTURES, tmp_path, dirs_exist_ok=True)
        known = json.loads(pictures.LANDING_HASHES.read_text())
        with Image.open(tmp_path / "dashboard.webp") as shot:
            shot.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(tmp_path / "dashboard.webp")
        assert {name for name, value in hashes_of(tmp_path).items() if value != known[name]} == {"dashboard.webp"}

    def test_shows_all_of_them_and_no_others_with_their_sizes(self) -> None:
        written = (ROOT / "templates" / "public" / "landing.html").read_text()
        shown = dict(re.findall(r"img/landing/(\w+)\.webp' %\}\" width=\"(\d+ ?\" height=\"\d+)", written))
        assert set(shown) | {"share"} == set(pictures.LANDING)
        for name, size in shown.items():
            viewport = pictures.SIZES[pictures.LANDING[name][2][0]]["viewport"]
            assert size == f'{viewport["width"]}" height="{viewport["height"]}', name
        assert not re.search(r"img/(?!landing/)", written)
