"""
Which browser, and from where, without keeping either: keyed hashes for limits, and to bind a proof to the browser that asked for it.

A browser's secret lies in its session from the first form it sends, survives signing in, and ends with signing out.
"""

import secrets
from ipaddress import ip_address

from allauth.account.adapter import get_adapter
from allauth.core.internal.ratelimit import get_ip
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

_SECRET = "browser"


def mark(request: HttpRequest) -> str:
    """The hash of this browser's secret; empty when it never sent a form. Changes nothing."""
    return keyed("browser", request.session.get(_SECRET, ""))


def marked(request: HttpRequest) -> str:
    """The same, after giving the browser a secret when it has none."""
    if not request.session.get(_SECRET):
        request.session[_SECRET] = secrets.token_urlsafe(32)
    return mark(request)


def address(request: HttpRequest) -> str:
    """The hash of the network address, as our own proxies report it: what a client writes into headers counts for nothing."""
    return keyed("address", get_ip(request) or "unknown")


def address_of(request: HttpRequest) -> str:
    """The network address itself, for callers that must not keep it; empty when it is none."""
    try:
        return str(ip_address(get_adapter().get_client_ip(request) or ""))
    except (ValueError, PermissionDenied):
        return ""


def keyed(what: str, text: str) -> str:
    """A keyed hash, 64 hex digits; empty stays empty."""
    return salted_hmac(f"identity.{what}", text, algorithm="sha256").hexdigest() if text else ""
