"""A person with a cookie jar who fills in the forms of our pages over HTTP, on one of several web processes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import urljoin

import httpx
from lxml import html

TIMEOUT_SECONDS = 30


class Away(Exception):
    """No answer worth anything: a refused or cut connection, a timeout, or 502 to 504. What it did is unknown."""


@dataclass
class Form:
    """A form as the page gave it; `values` are what would be sent if nothing was filled in."""

    action: str
    values: dict[str, str] = field(default_factory=dict)

    def filled(self, **values: object) -> dict[str, str]:
        """What is sent with these values filled in."""
        return {**self.values, **{name: str(value) for name, value in values.items()}}


class Page:
    """One answered page."""

    def __init__(self, response: httpx.Response) -> None:
        self.status = response.status_code
        self.path = response.url.path
        self.text = response.text
        self._tree = html.fromstring(response.text) if response.text.strip() else html.fromstring("<html></html>")

    def form(self, *, action: str = "", having: str = "") -> Form | None:
        """The first form that posts to an address with this part and has a field of this name."""
        for found in self._tree.forms:
            where = urljoin(f"http://here{self.path}", found.action or "")
            if found.method == "POST" and action in where and (not having or having in found.fields):
                values = {name: value for name, value in found.form_values() if value is not None}
                return Form(action=where.removeprefix("http://here"), values=values)
        return None

    def data(self, element_id: str) -> Any:
        """What a json_script element holds; None when it is not there."""
        found = self._tree.get_element_by_id(element_id, None)
        return None if found is None or found.text is None else json.loads(found.text)

    def choices(self, name: str) -> list[str]:
        """The values of the radio buttons of this name."""
        return [str(value) for value in self._tree.xpath(f"//input[@type='radio' and @name='{name}']/@value")]

    def links(self, part: str) -> list[str]:
        """Addresses of links with this part."""
        return [link for link in self._tree.xpath("//a/@href") if part in link]


class Visitor:
    """
    One browser without JavaScript.

    origins: web processes that all serve the same product; one is chosen for each request.   random: whose choice it is.
    """

    def __init__(self, *, origins: tuple[str, ...], cookies: Mapping[str, str], random: Random) -> None:
        self._origins, self._random = origins, random
        self._client = httpx.Client(timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False)
        self._client.headers["accept-language"] = "ko"
        for name, value in cookies.items():
            self._client.cookies.set(name, value, domain="127.0.0.1")

    def get(self, path: str) -> Page:
        """
        Open a page, following redirects.

        :raises Away: nobody knows what happened.
        """
        return Page(self._follow(self._send("GET", path)))

    def post(self, form: Form, **values: object) -> Page:
        """
        Send a form, following the redirect.

        :raises Away: nobody knows what happened; sending the same form again is the way to find out.
        """
        return Page(self._follow(self._send("POST", form.action, data=form.filled(**values))))

    def json(
        self, method: str, path: str, *, token: str = "", body: object = None, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """
        Call the JSON API.

        :raises Away: nobody knows what happened.
        """
        extra = dict(headers or {})
        if token:
            extra["authorization"] = f"Bearer {token}"
        return self._send(method, path, json=body, headers=extra)

    def send(self, path: str, *, token: str, fields: Mapping[str, object], headers: Mapping[str, str]) -> httpx.Response:
        """
        Call an operation of the JSON API that takes a form.

        :raises Away: nobody knows what happened.
        """
        return self._send("POST", path, data=dict(fields), headers={**headers, "authorization": f"Bearer {token}"})

    def _follow(self, response: httpx.Response) -> httpx.Response:
        for _ in range(5):
            if response.status_code not in (301, 302, 303):
                return response
            response = self._send("GET", urljoin(str(response.url), response.headers["location"]))
        raise Away("too many redirects")

    def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        origin = self._random.choice(self._origins)
        headers = {**options.pop("headers", {})}
        if method == "POST":
            headers.setdefault("origin", origin)
        try:
            response = self._client.request(method, urljoin(origin, path), headers=headers, **options)
        except httpx.TransportError as error:
            raise Away(repr(error)) from error
        if response.status_code in (502, 503, 504):
            raise Away(str(response.status_code))
        return response
