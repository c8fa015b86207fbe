"""Offerwalls of other companies: declared networks, one engine, rewards paid once."""

from rewards.offerwalls.deciding import decide, switch
from rewards.offerwalls.receiving import receive
from rewards.offerwalls.shelf import earned_by, walls_of

__all__ = ["decide", "earned_by", "receive", "switch", "walls_of"]
