"""
Papers as PDF: a title, facts, a table. The same content gives the same bytes; the only moment in a paper is the one it is given.

The typeface is Pretendard as `make css` collects it from its package (static/build.mjs).
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from fpdf import FPDF
from fpdf.enums import TableBordersLayout
from fpdf.fonts import FontFace

FONTS = Path(settings.BASE_DIR) / "static" / "dist" / "fonts" / "paper"
FAMILY = "Pretendard"
GRAY = (90, 96, 110)


class Paper(FPDF):
    """One document on A4. made_at: the moment it speaks of, aware; never the moment it is asked for."""

    def __init__(self, *, title: str, made_at: datetime) -> None:
        super().__init__(format="A4")
        self.set_creation_date(made_at.astimezone(UTC))
        self.set_title(title)
        self.set_lang("ko-KR")
        self.add_font(FAMILY, "", FONTS / "Pretendard-Regular.ttf")
        self.add_font(FAMILY, "B", FONTS / "Pretendard-Bold.ttf")
        self.set_margins(16, 16)
        self.set_auto_page_break(auto=True, margin=18)
        self.add_page()
        self.set_font(FAMILY, "B", 18)
        self.cell(text=title, new_x="LMARGIN", new_y="NEXT", h=12)

    def footer(self) -> None:
        """The number of the page."""
        self.set_y(-14)
        self.set_font(FAMILY, "", 8)
        self.set_text_color(*GRAY)
        self.cell(text=f"{self.page_no()} / {{nb}}", align="C", center=True)
        self.set_text_color(0)

    def facts(self, facts: Iterable[tuple[str, str]]) -> None:
        """A list of names and values."""
        self.ln(2)
        for name, value in facts:
            self.set_font(FAMILY, "", 9)
            self.set_text_color(*GRAY)
            self.cell(text=name, w=36, h=6)
            self.set_text_color(0)
            self.multi_cell(text=value, w=0, h=6, new_x="LMARGIN", new_y="NEXT")
        self.ln(3)

    def rows(self, header: Sequence[str], rows: Iterable[Sequence[str]], *, widths: Sequence[int], numbers: Iterable[int] = ()) -> None:
        """A table whose header is repeated on every page. widths: shares of the width.   numbers: columns set to the right."""
        right = set(numbers)
        aligned = tuple("RIGHT" if column in right else "LEFT" for column in range(len(header)))
        self.set_font(FAMILY, "", 8)
        head = FontFace(emphasis="BOLD", color=GRAY)
        with self.table(
            col_widths=tuple(widths), text_align=aligned, line_height=5, headings_style=head, padding=(1, 1.2),
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        ) as table:  # fmt: skip
            for row in (header, *rows):
                line = table.row()
                for cell in row:
                    line.cell(cell)
        self.ln(3)

    def note(self, text: str) -> None:
        """A small paragraph."""
        self.set_font(FAMILY, "", 8)
        self.set_text_color(*GRAY)
        self.multi_cell(text=text, w=0, h=5, new_x="LMARGIN", new_y="NEXT")
        self.set_text_color(0)

    def file(self) -> bytes:
        """The document."""
        return bytes(self.output())
