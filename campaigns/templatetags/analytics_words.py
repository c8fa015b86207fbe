"""How analytics writes its numbers."""

from django import template

from campaigns import comparing

register = template.Library()


@register.filter
def tenths(number: int) -> str:
    """A whole number of tenths with one decimal place: 906 → "90.6"."""
    return comparing.tenths(number)
