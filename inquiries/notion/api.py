"""
Notion's API, read only.

Source: developers.notion.com, "Retrieve a page", "Retrieve block children", "Request limits" (three calls a second on average; 429 with
Retry-After in whole seconds), version 2026-03-11. Addresses of uploaded files live for an hour.
"""

import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from django.conf import settings
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from common.provider import GatewayError, ProviderClient

PAGE_SIZE: Final = 100
MOST_BLOCKS, DEEPEST = 2_000, 8
PATIENCE_SECONDS: Final = 45  # for one page, waits included: less than the lease of an effect
LARGEST_PICTURE: Final = 10 * 1024 * 1024
GONE: Final = frozenset({"object_not_found", "restricted_resource", "unauthorized", "validation_error", "missing_version", "IN_TRASH"})


class _Words(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    plain_text: str = ""


class _Property(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    type: str
    title: list[_Words] = Field(default_factory=list)


class _Page(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    last_edited_time: datetime
    in_trash: bool = False
    archived: bool = False
    properties: dict[str, _Property] = Field(default_factory=dict)


class _Block(BaseModel):
    model_config = ConfigDict(extra="allow", hide_input_in_errors=True)

    id: str
    type: str
    has_children: bool = False


class _Children(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    results: list[_Block]
    has_more: bool = False
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """One block. content: of its kind, as Notion sent it."""

    kind: str
    content: dict[str, Any]
    id: str
    children: tuple["Block", ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """One page. edited_at: its last change there."""

    title: str
    edited_at: datetime


@dataclass(slots=True)
class Notion:
    """One reading of one page: it has a patience and a limit of blocks."""

    blocks: int = 0
    until: float = field(default_factory=lambda: time.monotonic() + PATIENCE_SECONDS)

    def page(self, page_id: str) -> Page:
        """
        Title and last change.

        :raises GatewayError: nobody answered, or the page is not there for us; code in GONE: it will not be there next time either.
        """
        found = self._read(_Page, f"/pages/{page_id}")
        if found.in_trash or found.archived:
            raise GatewayError(known=True, code="IN_TRASH", status=200)
        titles = [words.plain_text for one in found.properties.values() if one.type == "title" for words in one.title]
        return Page(title="".join(titles)[:200], edited_at=found.last_edited_time)

    def children(self, block_id: str, *, depth: int = 0) -> tuple[Block, ...]:
        """
        What is inside a page or a block, with what is inside that.

        :raises GatewayError: as `page`; code TOO_LARGE: more blocks, or deeper ones, than a guide should have.
        """
        found: list[Block] = []
        cursor: str | None = ""
        while cursor is not None:
            query = {"page_size": PAGE_SIZE} | ({"start_cursor": cursor} if cursor else {})
            answer = self._read(_Children, f"/blocks/{block_id}/children", params=query)
            self.blocks += len(answer.results)
            if self.blocks > MOST_BLOCKS or depth > DEEPEST:
                raise GatewayError(known=True, code="TOO_LARGE")
            found += [self._with_children(block, depth=depth) for block in answer.results]
            cursor = answer.next_cursor if answer.has_more else None
        return tuple(found)

    def _with_children(self, block: _Block, *, depth: int) -> Block:
        is_other_page = block.type in ("child_page", "child_database")
        inside = self.children(block.id, depth=depth + 1) if block.has_children and not is_other_page else ()
        content = (block.model_extra or {}).get(block.type)
        return Block(kind=block.type, content=content if isinstance(content, dict) else {}, id=block.id, children=inside)

    def _read(self, shape: type[Any], path: str, *, params: dict[str, Any] | None = None) -> Any:
        answer = self._call(path, params=params)
        while answer.status_code == 429:
            pause = float(min(int(answer.headers.get("Retry-After", "1") or 1), 10))
            if time.monotonic() + pause > self.until:
                raise GatewayError(known=True, code="rate_limited", status=429)
            time.sleep(pause)
            answer = self._call(path, params=params)
        if answer.status_code != 200:
            raise GatewayError(known=True, code=_code(answer), status=answer.status_code)
        try:
            return shape.model_validate_json(answer.content)
        except ValidationError as exc:
            raise GatewayError(known=True, code="UNREADABLE", status=200) from exc

    def _call(self, path: str, *, params: dict[str, Any] | None) -> requests.Response:
        if time.monotonic() > self.until:
            raise GatewayError(known=True, code="TOO_SLOW")
        headers = {"Authorization": f"Bearer {settings.NOTION_SECRET}", "Notion-Version": settings.NOTION_VERSION}
        client = ProviderClient(name="notion", base_url=settings.NOTION_API_URL, headers=headers)
        return client.call("GET", path, params=params)


def picture(url: str) -> bytes | None:
    """A picture that lies at Notion; None when it cannot be had: its address is old, it is too large, or it is not there."""
    parts = urlsplit(url)
    origin = f"{parts.scheme}://{parts.netloc}"
    if origin not in settings.NOTION_FILE_ORIGINS:  # whatever a page names, we only ever fetch from where Notion keeps its files
        return None
    try:
        answer = ProviderClient(name="notion-files", base_url=origin).call("GET", url.removeprefix(origin))
    except GatewayError:
        return None
    return answer.content if answer.status_code == 200 and len(answer.content) <= LARGEST_PICTURE else None


def _code(answer: requests.Response) -> str:
    try:
        said = answer.json()
    except ValueError:
        return "UNREADABLE"
    code = said.get("code") if isinstance(said, dict) else None
    return str(code)[:40] if code else "UNREADABLE"
