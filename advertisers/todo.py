"""What the dashboard asks of a person. Every app that has something to ask returns such lines from a tag of its tiles."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Todo:
    """One thing to look at. tone: of the icon, as `{% note %}` has them.   title: what is the matter.   note: with what."""

    tone: str
    icon: str
    title: str
    note: str
    url: str


@dataclass(frozen=True, slots=True)
class FirstStep:
    """One step of a new advertiser on the way to the first campaign. url: where it is done, empty while another one comes first."""

    label: str
    note: str
    url: str
    is_done: bool
