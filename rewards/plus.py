"""
Luckffle Plus: a second tier that is reserved and not opened. Members, raffles and missions can be marked for it; as long as the setting is
off the marks mean nothing and everybody is let in.
"""

from django.conf import settings

from rewards.models import Member


def keeps_out(member: Member) -> bool:
    """Whether what is for plus members is closed to this one."""
    return bool(settings.LUCKFFLE_PLUS) and not member.is_plus
