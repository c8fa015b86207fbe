"""What every template may use: money, Korean dates, icons, status words and the components that wrap content.

`docs/ui.md` lists all components with their parameters.
"""

from datetime import date, datetime
from typing import Any
from zlib import crc32

from django import template
from django.conf import settings
from django.core.paginator import Page
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, FileInput, HiddenInput, RadioSelect, Select, Textarea
from django.template import Context
from django.template.loader import render_to_string
from django.template.loader_tags import BLOCK_CONTEXT_KEY
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from common import prose as prose_of
from common.portals import ADVERTISER, URLCONFS, absolute
from common.statuses import status_of

register = template.Library()

SPRITE = "dist/sprite.svg"
WEEKDAYS = "월화수목금토일"
NOTE_ICONS = {"": "info", "blue": "info", "green": "circle-check", "amber": "triangle-alert", "red": "circle-alert"}


# ── Money ────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@register.filter
def credits(value: int | str | None) -> str:
    """Write whole credits with thousands separators: 3300000 → "3,300,000". None and "" stay empty."""
    if value is None or value == "":
        return ""
    return f"{int(value):,}".replace("-", "−")


@register.filter
def won(value: int | str | None) -> str:
    """Write whole won: 3300000 → "3,300,000원". None and "" stay empty."""
    return f"{credits(value)}원" if value is not None and value != "" else ""


@register.filter
def signed(value: int | str | None) -> str:
    """Write a change with its sign: 90000 → "+90,000", -500 → "−500", 0 → "0"."""
    text = credits(value)
    return f"+{text}" if text and int(value or 0) > 0 else text


@register.filter
def short_money(value: int) -> str:
    """Write a round amount the way people say it: 3000000 → "300만", 100000 → "10만", 120000000 → "1.2억", 9900 → "9,900"."""
    amount = int(value)
    for unit, word in ((100_000_000, "억"), (10_000, "만")):
        if abs(amount) >= unit and amount % (unit // 10) == 0:
            whole, tenth = divmod(abs(amount) * 10 // unit, 10)
            return f"{'−' if amount < 0 else ''}{whole:,}{f'.{tenth}' if tenth else ''}{word}"
    return credits(amount)


@register.simple_tag
def money(value: int | None, unit: str = "", size: str = "") -> SafeString:
    """Write an amount as the largest thing of its place: `{% money 3300000 "원" "text-3xl" %}`."""
    small = format_html("<small>{}</small>", unit) if unit else ""
    return format_html('<span class="money {}">{}{}</span>', size, credits(value), small)


# ── Time, always in Korea ────────────────────────────────────────────────────────────────────────────────────────────────


def _local(value: date | datetime) -> date | datetime:
    return timezone.localtime(value) if isinstance(value, datetime) and timezone.is_aware(value) else value


@register.filter
def kst_date(value: date | datetime | None) -> str:
    """Write a day: "11월 23일 월요일"."""
    if not value:
        return ""
    day = _local(value)
    return f"{day.month}월 {day.day}일 {WEEKDAYS[day.weekday()]}요일"


@register.filter
def kst_short(value: date | datetime | None) -> str:
    """Write a moment for a table: "11.23 14:02"; a plain date gives "11.23"."""
    if not value:
        return ""
    moment = _local(value)
    day = f"{moment.month:02}.{moment.day:02}"
    return f"{day} {moment.hour:02}:{moment.minute:02}" if isinstance(moment, datetime) else day


@register.filter
def kst_full(value: date | datetime | None) -> str:
    """Write a moment in full: "2026년 11월 23일 월요일 오후 2:02"; a plain date ends after the weekday."""
    if not value:
        return ""
    moment = _local(value)
    text = f"{moment.year}년 {kst_date(moment)}"
    if isinstance(moment, datetime):
        text += f" {'오전' if moment.hour < 12 else '오후'} {(moment.hour - 1) % 12 + 1}:{moment.minute:02}"
    return text


@register.filter
def kst_iso(value: datetime) -> str:
    """Write a moment for machines, with Korea's offset: the `datetime` attribute of `<time>`."""
    return _local(value).isoformat()


@register.filter
def prose(text: str) -> SafeString:
    """A text in Markdown, drawn; for the inside of `.prose`."""
    return prose_of.from_markdown(text)


@register.filter
def cleaned(html: str) -> SafeString:
    """Stored HTML once more through the sanitiser; for the inside of `.prose`."""
    return prose_of.cleaned(html)


@register.inclusion_tag("components/countdown.html")
def countdown(ends_at: datetime, at: datetime, over: str = "추첨중") -> dict[str, Any]:
    """Count down to `ends_at` from `at`, both aware; at zero the words `over` stand there."""
    left = max(0, int((ends_at - at).total_seconds()))
    days, rest = divmod(left, 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes, seconds = divmod(rest, 60)
    return {
        "ends_at": ends_at, "over": over, "is_over": left == 0,
        "days": days, "hours": hours, "minutes": minutes, "seconds": seconds,
        "show_seconds": left < 3_600,
    }  # fmt: skip


# ── Small marks ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@register.simple_tag
def icon(name: str, size: str = "size-5") -> SafeString:
    """Draw one icon of `static/icons.txt`. It is decoration: the word beside it, or the button's aria-label, speaks."""
    return format_html('<svg class="{}" aria-hidden="true" focusable="false"><use href="{}#i-{}"/></svg>', size, static(SPRITE), name)


@register.simple_tag
def status(enum: str, value: str) -> SafeString:
    """Write a state in its word and tone: `{% status "campaign" campaign.state %}`. Maps: `common/statuses.py`."""
    found = status_of(enum=enum, value=value)
    ring = SafeString(' data-shape="ring"') if found.is_ring else ""
    return format_html('<span class="st" data-tone="{}"{}>{}</span>', found.tone.value, ring, found.label)


@register.simple_tag
def progress(value: int, maximum: int, label: str, tone: str = "") -> SafeString:
    """Draw a bar; write the figure beside it too. `tone`: "" (accent), gray, amber, red."""
    return format_html(
        '<progress class="bar" value="{}" max="{}" data-tone="{}" aria-label="{}"></progress>',
        max(0, min(value, maximum)), max(1, maximum), tone, label,
    )  # fmt: skip


@register.inclusion_tag("components/delta.html")
def delta(text: str, direction: str, good: str = "up") -> dict[str, str]:
    """Write a change against before. direction: up, down or flat; good: the direction that is good news (cost: "down")."""
    tone = "flat" if direction == "flat" else "good" if direction == good else "bad"
    return {"text": text, "direction": direction, "tone": tone}


# ── Navigation ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@register.inclusion_tag("components/nav_link.html", takes_context=True)
def nav_link(
    context: Context, name: str, label: str, icon_name: str = "", kind: str = "nav-item", count: int = 0, exact: bool = False
) -> dict[str, Any]:
    """Link to the page called `name` and mark it when we are there or below it. A page that this portal does not have draws nothing."""
    request = context.get("request")
    try:
        url = reverse(name, urlconf=getattr(request, "urlconf", None))
    except NoReverseMatch:
        return {"url": ""}
    path = request.path if request else ""
    is_here = path == url or (not exact and url != "/" and path.startswith(url))
    size = "size-5" if kind == "nav-item" else "size-5.5"
    return {"url": url, "label": label, "icon_name": icon_name, "icon_size": size, "kind": kind, "count": count, "is_here": is_here}


@register.simple_tag(takes_context=True)
def portal_url(context: Context, portal: str, name: str, **kwargs: Any) -> str:
    """Give the address of a page of any portal: a path inside this portal, a full address elsewhere, "" when there is none."""
    request = context.get("request")
    try:
        if getattr(request, "portal", "") == portal:
            return reverse(name, urlconf=URLCONFS[portal], kwargs=kwargs or None)
        return absolute(portal, name, **kwargs)
    except NoReverseMatch:
        return ""


@register.simple_tag(takes_context=True)
def page_address(context: Context) -> str:
    """The one full address of this page, without its query: on our own origin, never on what a Host header says."""
    return f"{settings.PORTAL_ORIGINS[ADVERTISER]}{context['request'].path}"


@register.simple_tag(takes_context=True)
def block_text(context: Context, name: str) -> str:
    """What the page itself wrote into a block of its base, for a second place that says the same, such as a shared link's title."""
    block = context.render_context[BLOCK_CONTEXT_KEY].get_block(name)
    return " ".join(block.nodelist.render(context).split())


@register.simple_tag
def full_address(path: str) -> str:
    """The full address of something of ours that other houses fetch, such as a picture for a shared link."""
    return f"{settings.PORTAL_ORIGINS[ADVERTISER]}{path}"


@register.simple_tag(takes_context=True)
def page_link(context: Context, name: str, value: object) -> str:
    """Give this page's address with one query parameter changed and the others kept; a new choice starts at its first page."""
    query = context["request"].GET.copy()
    if name not in ("page", "cursor"):
        query.pop("page", None)
        query.pop("cursor", None)
    query[name] = str(value)
    return f"?{query.urlencode()}"


@register.filter
def page_numbers(page: Page[Any]) -> list[int]:
    """List the page numbers to offer, with 0 for a gap: [1, 0, 6, 7, 8, 0, 20]."""
    last = page.paginator.num_pages
    near = {number for number in (1, last, page.number - 1, page.number, page.number + 1) if 1 <= number <= last}
    numbers: list[int] = []
    for number in sorted(near):
        if numbers and number - numbers[-1] == 2:
            numbers.append(number - 1)
        elif numbers and number - numbers[-1] > 2:
            numbers.append(0)
        numbers.append(number)
    return numbers


# ── Forms ────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@register.filter
def control(field: BoundField) -> str:
    """Name the kind of a field's control: input, select, textarea, file, checkbox, choices or hidden."""
    widget = field.field.widget
    if field.is_hidden or isinstance(widget, HiddenInput):
        return "hidden"
    if isinstance(widget, CheckboxSelectMultiple | RadioSelect):
        return "choices"
    if isinstance(widget, CheckboxInput):
        return "checkbox"
    if isinstance(widget, FileInput):
        return "file"
    if isinstance(widget, Textarea):
        return "textarea"
    return "select" if isinstance(widget, Select) else "input"


CONTROL_CLASSES = {
    "input": "input", "select": "select", "textarea": "textarea", "file": "file-input",
    "checkbox": "checkbox checkbox-primary", "choices": "radio radio-primary", "hidden": "",
}  # fmt: skip


@register.simple_tag
def widget(field: BoundField, placeholder: str = "", bare: bool = False) -> SafeString:
    """Draw a field's control in our look, tied to its help and error texts. `bare`: inside a framed label with a unit."""
    kind = control(field)
    attrs: dict[str, Any] = {}
    extra = str(field.field.widget.attrs.get("class", ""))
    attrs["class"] = " ".join(part for part in ("grow" if bare else CONTROL_CLASSES[kind], extra) if part)
    if placeholder:
        attrs["placeholder"] = placeholder
    if field.errors:
        attrs["aria-invalid"] = "true"
        attrs["aria-describedby"] = f"{field.auto_id}_m"
    elif field.help_text:
        attrs["aria-describedby"] = f"{field.auto_id}_m"
    return field.as_widget(attrs=attrs)


# ── Components that wrap content ─────────────────────────────────────────────────────────────────────────────────────────


@register.simple_block_tag
def note(content: str, tone: str = "", role: str = "") -> SafeString:
    """Say one thing inside the page: `{% note "amber" %}…{% endnote %}`. tone: "", blue, green, amber, red."""
    return render_to_string("components/note.html", {"content": content, "tone": tone, "role": role, "icon_name": NOTE_ICONS[tone]})


@register.simple_block_tag
def panel(
    content: str, title: str = "", id: str = "", href: str = "", link: str = "전체 보기", hint: str = "", flush: bool = False
) -> SafeString:
    """Frame a part of a page. flush: no padding around the content (for a table). href: a link beside the title."""
    heading_id = f"{id or 'panel'}-{crc32(title.encode()):08x}"
    values = {
        "content": content,
        "title": title,
        "id": id,
        "heading_id": heading_id,
        "href": href,
        "link": link,
        "hint": hint,
        "flush": flush,
    }
    return render_to_string("components/panel.html", values)


@register.simple_block_tag
def stats(content: str, label: str) -> SafeString:
    """Hold two to five `{% stat %}` side by side in one panel."""
    return format_html('<section class="panel stats" aria-label="{}">{}</section>', label, content)


@register.inclusion_tag("components/stat.html")
def stat(label: str, value: object, unit: str = "", context: str = "", href: str = "") -> dict[str, Any]:
    """Show one figure: label above, the number, its context below. Whole numbers get separators by themselves."""
    text = credits(value) if isinstance(value, int) and not isinstance(value, bool) else str(value)
    return {"label": label, "value": text, "unit": unit, "context": context, "href": href}


@register.simple_block_tag
def table(content: str, label: str, dense: bool = False, stack: bool = False) -> SafeString:
    """
    Hold `<thead>` and `<tbody>`; scrolls sideways inside its panel on narrow screens.

    stack: on phones each row is a card instead: `data-head` its title, `data-side` beside it, `data-label="…"` a line with this label.
    """
    return render_to_string("components/table.html", {"content": content, "label": label, "dense": dense, "stack": stack})


@register.simple_block_tag(takes_context=True)
def dialog(
    context: Context, content: str, id: str, title: str, action: str = "", verb: str = "", tone: str = "primary", leave: str = "그만두기"
) -> SafeString:
    """
    Ask before something happens. Opened by `<button type="button" commandfor="<id>" command="show-modal">`.

    action: where the form posts; fields inside the content go along. verb: what the button does. tone: primary or error.
    """
    values = {
        "content": content, "id": id, "title": title, "action": action, "verb": verb, "tone": tone, "leave": leave,
        "csrf_token": context.get("csrf_token"),
    }  # fmt: skip
    return render_to_string("components/dialog.html", values)


@register.simple_block_tag
def stickybar(content: str, narrow_only: bool = False) -> SafeString:
    """Keep the page's main action within reach of the thumb. `narrow_only`: an ordinary row from 1024 px on."""
    return render_to_string("components/stickybar.html", {"content": content, "narrow_only": narrow_only})


@register.simple_block_tag
def phone(content: str, label: str = "럭플 미리보기") -> SafeString:
    """Show content as members see it, in a phone with the Luckffle theme."""
    return render_to_string("components/phone.html", {"content": content, "label": label})


@register.simple_block_tag
def ticket(content: str, href: str = "") -> SafeString:
    """Wrap a ticket. Inside: a body, `<div class="perf mx-5"></div>`, `<div class="ticket-foot">…</div>`."""
    if href:
        return format_html('<a href="{}" class="ticket block">{}</a>', href, content)
    return format_html('<div class="ticket">{}</div>', content)


HOMES = {"luckffle": "/luckffle/", "backoffice": "/backoffice/"}


@register.filter
def home_of(portal: str | None) -> str:
    """Give the first page of a portal."""
    return HOMES.get(portal or "", "/")
