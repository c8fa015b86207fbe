"""The link that a member follows to an advertiser who will tell us what came of it, and the advertiser's tracking link as it must be."""

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from campaigns.postbacks.keys import Click

PUBLISHER = "luckffle"
_AIRBRIDGE = ("abr.ge", "airbridge.io")
_KEPT = ("tracking_template_id", "routing_short_id", "og_tag_id")  # given out by Airbridge: passed on as they are


@dataclass(frozen=True, slots=True)
class Parameter:
    """One value that a link carries, and what it is for."""

    name: str
    value: str
    purpose: str


@dataclass(frozen=True, slots=True)
class TrackingLink:
    """address: as a member follows it, with an example of a click.   parameters: what we put in.   problems: Korean, what to mend."""

    address: str
    parameters: tuple[Parameter, ...]
    problems: tuple[str, ...]


def with_click(url: str, click: Click, *, campaign: str = "") -> str:
    """
    The advertiser's address as given, with our click appended or put in its place. campaign: number that Airbridge reports by.

    Airbridge also wants to know the publisher. Source: help.airbridge.io, tracking link parameters.
    """
    parts = urlsplit(url)
    ours = {one.name: one.value for one in _ours(url, click, campaign)}
    kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in ours]
    return urlunsplit(parts._replace(query=urlencode([*kept, *ours.items()])))


def is_airbridge(url: str) -> bool:
    """True for a link of Airbridge's."""
    host = urlsplit(url).hostname or ""
    return any(host == name or host.endswith("." + name) for name in _AIRBRIDGE)


def tracking_link(url: str, click: Click, *, campaign: str) -> TrackingLink:
    """What becomes of an advertiser's Airbridge link, parameter by parameter, and what is wrong with it."""
    return TrackingLink(with_click(url, click, campaign=campaign), _ours(url, click, campaign), tuple(_problems(url)))


def _ours(url: str, click: Click, campaign: str) -> tuple[Parameter, ...]:
    found = [Parameter("click_id", click.text, "참여 하나를 가리켜요. 포스트백에 그대로 돌아와야 해요.")]
    if is_airbridge(url):
        found.append(Parameter("sub_id", PUBLISHER, "어느 매체에서 왔는지 알려요. 언제나 luckffle이에요."))
        if campaign:
            found.append(Parameter("sub_id_1", campaign, "에어브릿지 보고서에서 캠페인을 나눠 볼 때 써요."))
    return tuple(found)


def _problems(url: str) -> list[str]:
    parts, found = urlsplit(url), []
    if not is_airbridge(url):
        found.append("에어브릿지 트래킹 링크가 아니에요. 연결 주소를 https://abr.ge/@앱이름/채널 로 바꿔 주세요.")
    elif not (parts.path.startswith("/@") and parts.path.strip("/").count("/") >= 1):
        found.append("링크에 앱 이름과 채널이 없어요. https://abr.ge/@앱이름/채널 모양인지 확인해 주세요.")
    if parts.fragment:
        found.append("링크에 # 뒤의 글자가 있어요. 에어브릿지가 읽지 못하니 빼 주세요.")
    names = [name for name, _value in parse_qsl(parts.query, keep_blank_values=True)]
    if doubled := sorted({name for name in names if name in _KEPT and names.count(name) > 1}):
        found.append(f"{', '.join(doubled)} 값이 두 번 있어요. 에어브릿지가 준 링크를 그대로 넣어 주세요.")
    return found
