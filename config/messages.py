"""Compiles locale/ko without the gettext tools: `make messages`. What Git keeps is both files; a house test compares them."""

from pathlib import Path

import polib

FOLDER = Path(__file__).resolve().parent.parent / "locale" / "ko" / "LC_MESSAGES"


def compiled() -> bytes:
    """The catalogue as Django reads it."""
    catalogue: bytes = polib.pofile(str(FOLDER / "django.po"), check_for_duplicates=True).to_binary()
    return catalogue


if __name__ == "__main__":
    (FOLDER / "django.mo").write_bytes(compiled())
