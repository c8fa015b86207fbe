"""
The registry of campaign types. Adding one is a module here and a line in `_ALL`; the contract suite in
`tests/campaigns/test_types_contract.py` then runs over it.
"""

from campaigns.types.base import CampaignType
from campaigns.types.conversions import ACTION, INSTALL
from campaigns.types.quiz import QUIZ
from campaigns.types.raffle import RAFFLE
from campaigns.types.review import REVIEW
from campaigns.types.steps import STEPS
from campaigns.types.survey import SURVEY
from campaigns.types.uploads import FOLLOW, PROOF
from campaigns.types.video import VIDEO
from campaigns.types.visit import VISIT

_ALL: tuple[CampaignType, ...] = (VISIT, QUIZ, FOLLOW, SURVEY, PROOF, INSTALL, ACTION, VIDEO, RAFFLE, STEPS, REVIEW)
_BY_KEY = {declared.key: declared for declared in _ALL}


def all_types() -> tuple[CampaignType, ...]:
    """Every declared type, in the order the wizard offers them."""
    return tuple(_BY_KEY.values())


def offered_types() -> tuple[CampaignType, ...]:
    """Those that advertisers may choose: members can take part in them."""
    return tuple(declared for declared in all_types() if declared.is_offered)


def get(key: str) -> CampaignType:
    """:raises KeyError: no such type."""
    return _BY_KEY[key]


def is_known(key: str) -> bool:
    """True when a type of this key is declared."""
    return key in _BY_KEY


def is_offered(key: str) -> bool:
    """True when advertisers may choose it."""
    return key in _BY_KEY and _BY_KEY[key].is_offered
