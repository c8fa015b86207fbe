"""Pages read and pressed as a browser without scripts does it: the form that stands there, with everything it carries."""

from typing import Any
from urllib.parse import urljoin

from django.http import HttpResponse
from django.test import Client
from lxml import html


def document(answer: HttpResponse) -> Any:
    """The page as a tree."""
    return html.fromstring(answer.content.decode())


def words(node: Any) -> str:
    """What somebody reads of a part of a page."""
    return " ".join(node.text_content().split())


def follow(client: Client, answer: HttpResponse, label: str) -> HttpResponse:
    """Press the link that begins with these words; the page behind it."""
    found = [link for link in document(answer).iter("a") if words(link).startswith(label) or link.get("aria-label") == label]
    assert found, f"no link is called {label}"
    return client.get(urljoin(answer.request["PATH_INFO"], found[0].get("href")), follow=True)


def press(client: Client, answer: HttpResponse, button: str, **answers: Any) -> HttpResponse:
    """Fill in the form that has this button and press it; what it leads to. answers: of fields that the form must have."""
    found = [(form, one) for form in document(answer).forms for one in form.iter("button") if button in (words(one), one.get("aria-label"))]
    assert found, f"no button is called {button}"
    form, pressed = found[0]
    sent: dict[str, Any] = {}
    for name, value in form.form_values():
        sent.setdefault(name, []).append(value)
    if pressed.get("name"):
        sent[pressed.get("name")] = pressed.get("value", "")
    strangers = [name for name in answers if name not in form.inputs]
    assert not strangers, f"the form has no {strangers}"
    address = urljoin(answer.request["PATH_INFO"], form.get("action") or "")
    return client.post(address, sent | answers, follow=True)
