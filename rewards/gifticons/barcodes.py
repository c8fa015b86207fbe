"""The barcode of a coupon as a picture."""

from io import BytesIO

import barcode
from barcode.writer import ImageWriter

_LOOK = {"write_text": False, "module_width": 0.35, "module_height": 18, "quiet_zone": 4, "dpi": 200}


def png(number: str) -> bytes:
    """Code 128 of a coupon's number."""
    out = BytesIO()
    barcode.get("code128", number, writer=ImageWriter(format="PNG")).write(out, options=_LOOK)
    return out.getvalue()
