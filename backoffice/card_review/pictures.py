"""
A window as a picture that can be shown: the address bar above it, drawn from the real address, and below it when, where and of which
build it was taken. And what two pictures are compared by.
"""

import io
import re
from datetime import datetime

from PIL import Image, ImageDraw, ImageFont

from backoffice.card_review.walk import SIZE_WORDS, Shot
from common.exports import moment
from common.pdf import FONTS

BAR, STAMP = 56, 34
EDGE, FILL, WHITE, INK, GRAY, GREEN = "#d5d9e0", "#eef0f4", "#ffffff", "#1b2230", "#5a606e", "#137a4b"
LOOK_SIZE = (33, 24)
LOOKS_ALIKE = 12  # of 768 bits: a line of text more or less is told by the text, not by this
_CHANGES_BY_ITSELF = (
    re.compile(r"BO[0-9A-HJKMNP-TV-Z]{26}"),  # numbers of orders
    re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    re.compile(r"\d{4}[년.-] ?\d{1,2}[월.-] ?\d{1,2}일?(?: ?\([월화수목금토일]\))?"),
    re.compile(r"\d{1,2}월 \d{1,2}일(?: ?\([월화수목금토일]\))?"),
    re.compile(r"(?:오전|오후)? ?\d{1,2}:\d{2}(?::\d{2})?"),
    re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}"),
)


def framed(shot: Shot, *, stamp: str) -> bytes:
    """The picture with its address bar and its stamp, as PNG. stamp: build and place, beside moment and size."""
    with Image.open(io.BytesIO(shot.png)) as opened:
        window = opened.convert("RGB")
    zoom = 2 if shot.size == "phone" else 1
    bar, foot = BAR * zoom, STAMP * zoom
    picture = Image.new("RGB", (window.width, window.height + bar + foot), WHITE)
    picture.paste(window, (0, bar))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, window.width, bar), fill=FILL)
    draw.line((0, bar - 1, window.width, bar - 1), fill=EDGE, width=1)
    gap = 12 * zoom
    draw.rounded_rectangle((gap, gap, window.width - gap, bar - gap), radius=(bar - 2 * gap) // 2, fill=WHITE, outline=EDGE)
    middle = bar // 2
    _lock(draw, x=gap * 2, y=middle, zoom=zoom, closed=shot.url.startswith("https://"))
    draw.text(
        (gap * 2 + 20 * zoom, middle), _fitting(draw, shot.url, window.width - gap * 4 - 30 * zoom, 15 * zoom), INK, _font(15 * zoom), "lm"
    )
    below = bar + window.height
    draw.rectangle((0, below, window.width, below + foot), fill=FILL)
    words = f"{moment(shot.taken_at)} KST · {stamp}" if zoom == 2 else f"{moment(shot.taken_at)} KST · {stamp} · {SIZE_WORDS[shot.size]}"
    draw.text((gap, below + foot // 2), _fitting(draw, words, window.width - gap * 2, 12 * zoom), GRAY, _font(12 * zoom), "lm")
    out = io.BytesIO()
    picture.quantize(colors=256, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


def _lock(draw: ImageDraw.ImageDraw, *, x: int, y: int, zoom: int, closed: bool) -> None:
    colour = GREEN if closed else GRAY
    draw.rounded_rectangle((x, y - 2 * zoom, x + 11 * zoom, y + 7 * zoom), radius=2 * zoom, fill=colour)
    left = x + 2 * zoom if closed else x + 6 * zoom
    draw.arc((left, y - 9 * zoom, left + 7 * zoom, y + 3 * zoom), 180, 360, fill=colour, width=2 * zoom)


def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONTS / "Pretendard-Regular.ttf"), size)


def _fitting(draw: ImageDraw.ImageDraw, text: str, width: int, size: int) -> str:
    """The text, cut where it would leave the picture; the host always stays."""
    font = _font(size)
    if draw.textlength(text, font) <= width:
        return text
    while len(text) > 1 and draw.textlength(text + "…", font) > width:
        text = text[:-1]
    return text + "…"


def look_of(png: bytes) -> str:
    """What a picture looks like from afar: brighter or darker than its neighbour, place by place, in hexadecimal."""
    with Image.open(io.BytesIO(png)) as opened:
        small = opened.convert("L").resize(LOOK_SIZE, Image.Resampling.LANCZOS)
    dots = list(small.getdata())
    wide, high = LOOK_SIZE
    bits = [dots[row * wide + column] + 2 < dots[row * wide + column + 1] for row in range(high) for column in range(wide - 1)]
    return f"{int(''.join('1' if bit else '0' for bit in bits), 2):0{len(bits) // 4}x}"


def looks_alike(one: str, other: str) -> bool:
    """True when two pictures are the same from afar."""
    return len(one) == len(other) and (int(one, 16) ^ int(other, 16)).bit_count() <= LOOKS_ALIKE


def lasting(text: str) -> str:
    """A text without what changes by itself: numbers of orders, days, times."""
    for pattern in _CHANGES_BY_ITSELF:
        text = pattern.sub("#", text)
    return " ".join(text.split())


def taken_on(at: datetime) -> str:
    """A moment for people."""
    return f"{moment(at)} KST"
