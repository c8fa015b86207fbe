"""
The registry of campaign types. Adding one is a module here and a line in `_ALL`; the contract suite in
`tests/campaigns/test_types_contract.py` then runs over it.
"""

from campaigns.types.base import CampaignType
from campaigns.types.visit import VISIT

_ALL: tuple[CampaignType, ...] = (VISIT,)
_BY_KEY = {declared.key: declared for declared in _ALL}


def all_types() -> tuple[CampaignType, ...]:
    """Every declared type, in the order the wizard offers them."""
    return _ALL


def get(key: str) -> CampaignType:
    """:raises KeyError: no such type."""
    return _BY_KEY[key]


def is_known(key: str) -> bool:
    """True when a type of this key is declared."""
    return key in _BY_KEY
