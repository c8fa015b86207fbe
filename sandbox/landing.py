"""Every advertiser's page on the internet. The first part of the path says how it behaves; all others simply open."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

_PAGE = "<!doctype html><title>광고 페이지</title><h1>광고 페이지</h1>"


async def page(request: Request) -> Response:
    """`/gone` is not there, `/members` wants a login, `/moved` is at another house, `/closed` forbids, `/broken` fails."""
    first = request.path_params["path"].split("/")[0]
    if first == "members":
        return RedirectResponse("/member/login?next=/members", 302)
    if first == "moved":
        return RedirectResponse("https://elsewhere.example.org/", 301)
    status = {"gone": 404, "closed": 403, "broken": 500}.get(first, 200)
    return HTMLResponse(_PAGE, status)


ROUTES = [Route("/{path:path}", page, methods=["GET", "HEAD"])]
