"""Differences of a proof as operators read them: each row it names leads to its page."""

import re

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from credits import proof
from credits.models import Posting

_NAMED = re.compile(r"\b(account|entry|lot|hold|posting|proof_run|order|campaign)=([A-Za-z0-9_-]+)")
_ROOMS = {
    "entry": "credits_entry_change",
    "lot": "credits_lot_change",
    "hold": "credits_hold_change",
    "proof_run": "credits_proofrun_change",
    "campaign": "campaigns_campaign_change",
}


def linked(differences: list[str]) -> SafeString:
    """The lines as a list; one query for all postings that are named."""
    numbers = {int(number) for line in differences for name, number in _NAMED.findall(line) if name == "posting" and number.isdigit()}
    entries = dict(Posting.objects.filter(pk__in=numbers).values_list("pk", "entry_id"))
    return format_html_join("", "<li>{}</li>", ((_line(line, entries),) for line in differences))


def searched(counts: dict[str, int]) -> SafeString:
    """What was found under each code, and its sentences."""
    sentences: dict[str, list[str]] = {}
    for found in proof.invariants():
        sentences.setdefault(found.code, []).append(found.sentence)
    rows = ((code, counts[code], " ".join(said)) for code, said in sentences.items() if code in counts)
    return format_html_join("", "<li><b>{}</b> {}건 · {}</li>", rows)


def _line(line: str, entries: dict[int, int]) -> SafeString:
    parts, end = [], 0
    for found in _NAMED.finditer(line):
        parts += [line[end : found.start()], _link(found[0], found[1], found[2], entries)]
        end = found.end()
    return format_html_join("", "{}", ((part,) for part in (*parts, line[end:])))


def _link(text: str, name: str, number: str, entries: dict[int, int]) -> str:
    address = _address(name, number, entries)
    return format_html('<a class="text-link" href="{}">{}</a>', address, text) if address else text


def _address(name: str, number: str, entries: dict[int, int]) -> str:
    """Where a named row is shown; empty when there is no such page."""
    if name == "order":
        return f"{reverse('backoffice:payments_paymentorder_changelist')}?q={number}"
    if not number.isdigit():
        return ""
    if name == "account":
        return f"{reverse('backoffice:postings')}?owner={number}"
    if name == "posting":
        entry = entries.get(int(number))
        return reverse("backoffice:credits_entry_change", args=[entry]) if entry else ""
    return reverse(f"backoffice:{_ROOMS[name]}", args=[number])
