"""Identifiers made by the application: time-ordered, 128 bits, no central sequence. Source: RFC 9562, UUID version 7."""

import secrets
from datetime import datetime
from uuid import UUID


def uuid7(at: datetime) -> UUID:
    """A version 7 UUID whose first 48 bits are `at` in milliseconds; 74 bits are random."""
    milliseconds = int(at.timestamp() * 1000) & (2**48 - 1)
    value = milliseconds << 80 | 0x7 << 76 | secrets.randbits(12) << 64 | 0b10 << 62 | secrets.randbits(62)
    return UUID(int=value)
