"""
The slides: the same pages as PPTX, which card companies ask for, and as PDF to read. A cover with the reviewer's account, one slide for
each page with both sizes side by side, and at the end what was checked and what changed.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fpdf import FPDF
from PIL import Image
from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.shapes import MSO_SHAPE
from pptx.util import Inches, Pt

from common.pdf import FAMILY, FONTS

WIDE, HIGH = 13.333, 7.5  # inches: 16:9
EDGE, TOP, BOTTOM = 0.6, 1.15, 0.55
INK, GRAY, BLUE, PALE = (27, 34, 48), (90, 96, 110), (37, 84, 217), (238, 240, 244)
PPTX_FONT = "맑은 고딕"  # on every Korean Windows; the PDF carries its own


@dataclass(frozen=True, slots=True)
class Slide:
    """One page of the pack. pictures: PNG, the wide one first.   lines: under the title."""

    title: str
    lines: tuple[str, ...] = ()
    pictures: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Deck:
    """title, facts: the cover.   made_at: the only moment in the files."""

    title: str
    facts: tuple[tuple[str, str], ...]
    slides: tuple[Slide, ...]
    made_at: datetime
    foot: str


def _places(pictures: Sequence[bytes]) -> list[tuple[bytes, float, float, float, float]]:
    """Each picture with left, top, width and height in inches: as large as the slide allows, side by side."""
    if not pictures:
        return []
    high, gap = HIGH - TOP - BOTTOM, 0.4
    shapes = []
    for png in pictures:
        with Image.open(io.BytesIO(png)) as picture:
            shapes.append(picture.width / picture.height)
    room = WIDE - 2 * EDGE - gap * (len(shapes) - 1)
    high = min(high, room / sum(shapes))
    left, placed = (WIDE - high * sum(shapes) - gap * (len(shapes) - 1)) / 2, []
    for png, shape in zip(pictures, shapes, strict=True):
        placed.append((png, left, TOP, high * shape, high))
        left += high * shape + gap
    return placed


def pptx_file(deck: Deck) -> bytes:
    """The slides as PowerPoint reads them."""
    show: Any = Presentation()
    show.slide_width, show.slide_height = Inches(WIDE), Inches(HIGH)
    show.core_properties.title = deck.title
    show.core_properties.created = show.core_properties.modified = deck.made_at.astimezone(UTC).replace(tzinfo=None)
    cover = show.slides.add_slide(show.slide_layouts[6])
    _bar(cover)
    _text(cover, deck.title, left=1.0, top=1.0, wide=11, size=34, bold=True)
    for number, (name, value) in enumerate(deck.facts):
        _text(cover, name, left=1.0, top=2.2 + number * 0.5, wide=2.6, size=15, colour=GRAY)
        _text(cover, value, left=3.6, top=2.2 + number * 0.5, wide=8.8, size=15, bold=True)
    for number, slide in enumerate(deck.slides, start=1):
        page = show.slides.add_slide(show.slide_layouts[6])
        _text(page, f"{number}. {slide.title}", left=EDGE, top=0.3, wide=8, size=22, bold=True)
        _text(page, deck.foot, left=EDGE, top=HIGH - 0.45, wide=WIDE - 2 * EDGE, size=9, colour=GRAY)
        for png, left, top, wide, high in _places(slide.pictures):
            shape = page.shapes.add_picture(io.BytesIO(png), Inches(left), Inches(top), Inches(wide), Inches(high))
            shape.line.color.rgb, shape.line.width = _colour(PALE), Pt(0.75)
        for row, line in enumerate(slide.lines):
            _text(page, line, left=EDGE, top=TOP + 0.1 + row * 0.32, wide=WIDE - 2 * EDGE, size=12)
    out = io.BytesIO()
    show.save(out)
    return out.getvalue()


def _colour(parts: tuple[int, int, int]) -> Any:
    return RGBColor(*parts)  # type: ignore[no-untyped-call]


def _bar(page: Any) -> None:
    shape = page.shapes.add_shape(MSO_SHAPE.RECTANGLE, 0, 0, Inches(0.28), Inches(HIGH))
    shape.fill.solid()
    shape.fill.fore_color.rgb = _colour(BLUE)
    shape.line.fill.background()


def _text(
    page: Any, words: str, *, left: float, top: float, wide: float, size: int, bold: bool = False, colour: tuple[int, int, int] = INK
) -> None:
    box = page.shapes.add_textbox(Inches(left), Inches(top), Inches(wide), Inches(0.4))
    box.text_frame.word_wrap = True
    run = box.text_frame.paragraphs[0].add_run()
    run.text = words
    run.font.size, run.font.bold, run.font.name = Pt(size), bold, PPTX_FONT
    run.font.color.rgb = _colour(colour)


def pdf_file(deck: Deck) -> bytes:
    """The slides on paper, with the typeface inside."""
    paper = FPDF(orientation="L", unit="in", format=(HIGH, WIDE))
    paper.set_creation_date(deck.made_at.astimezone(UTC))
    paper.set_title(deck.title)
    paper.set_lang("ko-KR")
    paper.add_font(FAMILY, "", FONTS / "Pretendard-Regular.ttf")
    paper.add_font(FAMILY, "B", FONTS / "Pretendard-Bold.ttf")
    paper.set_margins(0, 0)
    paper.set_auto_page_break(auto=False)
    paper.add_page()
    paper.set_fill_color(*BLUE)
    paper.rect(0, 0, 0.28, HIGH, style="F")
    _print(paper, deck.title, left=1.0, top=1.0, size=34, bold=True)
    for number, (name, value) in enumerate(deck.facts):
        _print(paper, name, left=1.0, top=2.2 + number * 0.5, size=15, colour=GRAY)
        _print(paper, value, left=3.6, top=2.2 + number * 0.5, size=15, bold=True)
    for number, slide in enumerate(deck.slides, start=1):
        paper.add_page()
        _print(paper, f"{number}. {slide.title}", left=EDGE, top=0.3, size=22, bold=True)
        _print(paper, deck.foot, left=EDGE, top=HIGH - 0.45, size=9, colour=GRAY)
        for png, left, top, wide, high in _places(slide.pictures):
            paper.image(io.BytesIO(png), x=left, y=top, w=wide, h=high)
            paper.set_draw_color(*PALE)
            paper.set_line_width(0.01)
            paper.rect(left, top, wide, high)
        for row, line in enumerate(slide.lines):
            _print(paper, line, left=EDGE, top=TOP + 0.1 + row * 0.32, size=12)
    return bytes(paper.output())


def _print(paper: FPDF, words: str, *, left: float, top: float, size: int, bold: bool = False, colour: tuple[int, int, int] = INK) -> None:
    paper.set_font(FAMILY, "B" if bold else "", size)
    paper.set_text_color(*colour)
    paper.set_xy(left, top)
    paper.multi_cell(w=WIDE - left - EDGE, h=size / 55, text=words, align="L")
