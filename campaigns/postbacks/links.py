"""The link that a member follows to an advertiser who will tell us what came of it."""

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from campaigns.postbacks.keys import Click

PUBLISHER = "luckffle"
_AIRBRIDGE = ("abr.ge", "airbridge.io")


def with_click(url: str, click: Click) -> str:
    """
    The advertiser's address as given, with our click appended or put in its place.

    Airbridge also wants to know the publisher. Source: Airbridge fact sheet, tracking link.
    """
    parts = urlsplit(url)
    ours = {"click_id": click.text}
    host = parts.hostname or ""
    if any(host == name or host.endswith("." + name) for name in _AIRBRIDGE):
        ours["sub_id"] = PUBLISHER
    kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in ours]
    return urlunsplit(parts._replace(query=urlencode([*kept, *ours.items()])))
