"""What an operator's browser does: addresses, dialogs, the sentences at the top of the page."""

from typing import Any

from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

URLCONF = "config.urls.backoffice"


def at(name: str, *args: object) -> str:
    """The address of a room."""
    return reverse(f"backoffice:{name}", urlconf=URLCONF, args=args)


def press(client: Client, url: str, **fields: Any) -> HttpResponse:
    """Send the theme's dialog in."""
    return client.post(url, {"_form_submitted": "True", **fields})


def said(answer: HttpResponse) -> str:
    """The sentences at the top of the page."""
    return " ".join(str(message) for message in answer.context["messages"])


def count_queries(client: Client, url: str) -> int:
    """How many questions a page asks once it is warm."""
    client.get(url)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len(captured)
