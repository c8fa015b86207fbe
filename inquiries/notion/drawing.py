"""Blocks of Notion as our own markup. Texts are escaped, links go to http(s), mail and telephone, and what we do not know is left out."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final
from urllib.parse import urlsplit

from django.utils.html import escape

from common.prose import cleaned
from inquiries.notion.api import Block

HEADINGS: Final = {"heading_1": "h2", "heading_2": "h3", "heading_3": "h4"}
LISTS: Final = {"bulleted_list_item": "ul", "numbered_list_item": "ol", "to_do": "ul"}
LINKS: Final = ("bookmark", "embed", "link_preview", "video", "file", "pdf", "audio")
_MARKS: Final = (("code", "code"), ("bold", "strong"), ("italic", "em"), ("strikethrough", "s"), ("underline", "u"))


@dataclass(slots=True)
class Drawing:
    """
    One page on its way into markup.

    picture: (address, what it shows) → an img element, or "" when it cannot be had.   guides: page number → address of the guide that
    copies it.   left_out: kinds that were not taken over, with how often.
    """

    picture: Callable[[str, str], str]
    guides: Mapping[str, str]
    left_out: Counter[str] = field(default_factory=Counter)

    def draw(self, blocks: Iterable[Block]) -> str:
        """The blocks, one after the other, with nothing that our own sanitiser would take out."""
        return str(cleaned(self._all(blocks)))

    def _all(self, blocks: Iterable[Block]) -> str:
        drawn = []
        for kind, group in groupby(blocks, key=lambda block: block.kind if block.kind in LISTS else ""):
            if kind:
                items = "".join(f"<li>{self._item(block)}{self._all(block.children)}</li>" for block in group)
                drawn.append(f"<{LISTS[kind]}>{items}</{LISTS[kind]}>")
            else:
                drawn += [self._one(block) for block in group]
        return "".join(drawn)

    def _one(self, block: Block) -> str:
        kind, words, inside = block.kind, _words(block.content.get("rich_text")), block.children
        if kind in HEADINGS:
            return f"<{HEADINGS[kind]}>{words}</{HEADINGS[kind]}>{self._all(inside)}"
        if kind in LINKS:
            return self._link(block)
        simple: dict[str, Callable[[], str]] = {
            "paragraph": lambda: f"<p>{words}</p>{self._all(inside)}" if words or inside else "",
            "quote": lambda: f"<blockquote><p>{words}</p>{self._all(inside)}</blockquote>",
            "callout": lambda: f'<div data-callout="true"><p>{words}</p>{self._all(inside)}</div>',
            "toggle": lambda: f"<details><summary>{words}</summary>{self._all(inside)}</details>",
            "divider": lambda: "<hr>",
            "code": lambda: f"<pre><code>{escape(_plain(block.content.get('rich_text')))}</code></pre>",
            "table": lambda: self._table(block),
            "column_list": lambda: (
                f'<div data-columns="true">{"".join(f"<div>{self._all(column.children)}</div>" for column in inside)}</div>'
            ),
            "synced_block": lambda: self._all(inside),
            "image": lambda: self._image(block),
            "child_page": lambda: self._child_page(block),
            "table_of_contents": lambda: "",
            "breadcrumb": lambda: "",
        }
        if kind not in simple:
            self.left_out[kind] += 1
            return ""
        return simple[kind]()

    def _item(self, block: Block) -> str:
        box = ("☑ " if block.content.get("checked") else "☐ ") if block.kind == "to_do" else ""
        return box + _words(block.content.get("rich_text"))

    def _table(self, block: Block) -> str:
        rows = [row.content.get("cells") or [] for row in block.children if row.kind == "table_row"]
        head = rows[:1] if block.content.get("has_column_header") else []
        heads = "".join(f'<th scope="col">{_words(cell)}</th>' for row in head for cell in row)
        body = "".join(f"<tr>{''.join(f'<td>{_words(cell)}</td>' for cell in row)}</tr>" for row in rows[len(head) :])
        return f"<table>{f'<thead><tr>{heads}</tr></thead>' if head else ''}<tbody>{body}</tbody></table>"

    def _image(self, block: Block) -> str:
        words = _plain(block.content.get("caption"))
        url = (block.content.get("file") or {}).get("url", "")
        drawn = self.picture(url, words) if url else ""
        if not drawn:
            self.left_out["image"] += 1
            return ""
        return f"<figure>{drawn}{f'<figcaption>{escape(words)}</figcaption>' if words else ''}</figure>"

    def _link(self, block: Block) -> str:
        url = block.content.get("url") or (block.content.get("external") or {}).get("url") or ""
        if not _is_link(url):
            self.left_out[block.kind] += 1
            return ""
        return f'<p><a href="{escape(url)}">{_words(block.content.get("caption")) or escape(url)}</a></p>'

    def _child_page(self, block: Block) -> str:
        address = self.guides.get(block.id.replace("-", ""))
        if address is None:
            self.left_out["child_page"] += 1
            return ""
        return f'<p><a href="{escape(address)}">{escape(str(block.content.get("title", "")))}</a></p>'


def _plain(items: Any) -> str:
    return "".join(str(item.get("plain_text", "")) for item in items or [] if isinstance(item, dict))


def _words(items: Any) -> str:
    return "".join(_span(item) for item in items or [] if isinstance(item, dict))


def _span(item: dict[str, Any]) -> str:
    text = escape(str(item.get("plain_text", ""))).replace("\n", "<br>")
    marks = item.get("annotations") or {}
    for name, tag in _MARKS:
        if marks.get(name):
            text = f"<{tag}>{text}</{tag}>"
    url = item.get("href") or ""
    return f'<a href="{escape(url)}">{text}</a>' if _is_link(url) else text


def _is_link(url: Any) -> bool:
    return isinstance(url, str) and urlsplit(url).scheme in ("http", "https", "mailto", "tel")
