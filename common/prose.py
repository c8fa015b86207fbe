"""
Texts that people write, drawn as HTML. Markdown without HTML of its own, then a sanitiser that knows exactly the elements we style
(`.prose` in static/css/type.css); copies from elsewhere go through the same sanitiser.
"""

from typing import Final

import nh3
from django.utils.safestring import SafeString
from markdown_it import MarkdownIt

_TAGS: Final = {
    "p", "br", "h2", "h3", "h4", "ul", "ol", "li", "strong", "em", "s", "code", "pre", "blockquote", "hr", "a", "table", "thead", "tbody",
    "tr", "th", "td", "figure", "figcaption", "img", "details", "summary", "div", "u",
}  # fmt: skip
_ATTRIBUTES: Final = {
    "a": {"href"},
    "img": {"src", "alt", "width", "height", "loading"},
    "ol": {"start"},
    "th": {"scope"},
    "div": {"data-callout", "data-columns"},
}
_SCHEMES: Final = {"http", "https", "mailto", "tel"}
_MARKDOWN = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"]).disable(["image", "html_block"])


def from_markdown(text: str) -> SafeString:
    """A text in Markdown as HTML; pictures and HTML in it are shown as letters, and its largest heading is an h2."""
    return cleaned(_MARKDOWN.render(text).replace("<h1>", "<h2>").replace("</h1>", "</h2>"))


def cleaned(html: str) -> SafeString:
    """HTML with nothing left but what we style: no scripts, styles, frames or forms, and links to http(s), mail and telephone only."""
    return SafeString(
        nh3.clean(html, tags=_TAGS, attributes=_ATTRIBUTES, url_schemes=_SCHEMES, link_rel="noopener nofollow", strip_comments=True)
    )
