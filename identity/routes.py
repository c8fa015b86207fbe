"""
The sign-in routes of each portal. Only what is used is routed; allauth finds its pages by the names, which are the same in every
portal and resolve inside the portal's own URLconf.
"""

from collections.abc import Callable
from typing import Any

from django.urls import URLPattern, path

from identity import (
    app_views,
    code_pages,
    consent_views,
    contact_views,
    identity_views,
    passkey_views,
    proof_views,
    recovery_views,
    social_views,
    solapi_door,
    views,
)

Guard = Callable[[Callable[..., Any]], Callable[..., Any]]


def _anybody(view: Callable[..., Any]) -> Callable[..., Any]:
    return view


def entrance(login_at: str, logout_at: str) -> list[URLPattern]:
    """Sign-in and sign-out at the portal's addresses."""
    return [path(login_at, views.login, name="account_login"), path(logout_at, views.logout, name="account_logout")]


def account(under: str, guard: Guard = _anybody) -> list[URLPattern]:
    """What a signed-in person does with their own account. guard: a decorator for portals that demand more than signing in."""
    return [
        path(f"{under}password/", guard(views.new_password), name="account_change_password"),
        path(f"{under}sessions/", guard(views.devices), name="usersessions_list"),
        path(f"{under}sessions/<slug:device>/end/", guard(views.end_device), name="device-end"),
    ]


def proofs(under: str) -> list[URLPattern]:
    """Codes by SMS, identity checks, and showing again who one is."""
    return [
        path(f"{under}code/<str:purpose>/", code_pages.state, name="code-state"),
        path(f"{under}step-up/<slug:purpose>/", proof_views.show_who_you_are, name="step-up"),
        path(f"{under}step-up-mail/<str:token>/", proof_views.by_mail, name="step-up-mail"),
        path(f"{under}kept-form/", proof_views.parked_form, name="parked-form"),
        path(f"{under}identity/start/<str:purpose>/", identity_views.start, name="identity-start"),
        path(f"{under}identity/<uuid:public_id>/", identity_views.show, name="identity-check"),
        path(f"{under}identity/<uuid:public_id>/complete/", identity_views.complete, name="identity-complete"),
        path(f"{under}identity/<uuid:public_id>/return/", identity_views.come_back, name="identity-return"),
    ]


def recovery(under: str) -> list[URLPattern]:
    """Finding an account again, and confirming an address."""
    return [
        path(f"{under}find-id/", recovery_views.find_id, name="find-id"),
        path(f"{under}password/reset/", recovery_views.reset, name="password-reset"),
        path(f"{under}password/reset/<str:token>/", recovery_views.choose_password, name="password-reset-choose"),
        path(f"{under}email/<str:token>/", recovery_views.confirm_email, name="email-confirm"),
    ]


def contact(under: str, guard: Guard = _anybody) -> list[URLPattern]:
    """Replacing one's number or address, and what one agreed to."""
    return [
        path(f"{under}phone/", guard(contact_views.phone), name="phone-change"),
        path(f"{under}email/", guard(contact_views.email), name="email-change"),
        path(f"{under}consents/", guard(consent_views.consents_page), name="consents"),
    ]


def social(under: str, guard: Guard = _anybody) -> list[URLPattern]:
    """Signing in with an account of another house, and what is linked."""
    ways = [
        path(f"{under}social/{key}/{where}/", view_for(key), name=f"{key}_{name}")
        for key in social_views.KEYS
        for where, name, view_for in (("login", "login", social_views.start_at), ("return", "callback", social_views.back_from))
    ]
    return [
        *ways,
        path(f"{under}social/", guard(social_views.connections), name="socialaccount_connections"),
        path(f"{under}social/new/", social_views.unknown, name="social-unknown"),
        path(f"{under}social/link/", social_views.link, name="social-link"),
        path(f"{under}social/<slug:service>/unlink/", social_views.unlink, name="social-unlink"),
    ]


def second_factor(under: str) -> list[URLPattern]:
    """Everything around the second factor. Switching it off is a route of its own, for portals whose people may."""
    return [
        path(under, views.security, name="mfa_index"),
        path(f"{under}authenticate/", views.second_factor, name="mfa_authenticate"),
        path(f"{under}reauthenticate/", views.second_factor_again, name="mfa_reauthenticate"),
        path(f"{under}password/", views.password_again, name="account_reauthenticate"),
        path(f"{under}totp/", views.set_up_second_factor, name="mfa_activate_totp"),
        path(f"{under}recovery-codes/", views.recovery_codes, name="mfa_view_recovery_codes"),
        path(f"{under}recovery-codes/generate/", views.new_recovery_codes, name="mfa_generate_recovery_codes"),
        path(f"{under}passkeys/login/", passkey_views.login, name="mfa_login_webauthn"),
        path(f"{under}passkeys/again/", passkey_views.again, name="mfa_reauthenticate_webauthn"),
        path(f"{under}passkeys/add/", passkey_views.add, name="mfa_add_webauthn"),
        path(f"{under}passkeys/<slug:passkey>/rename/", passkey_views.rename, name="passkey-rename"),
        path(f"{under}passkeys/<slug:passkey>/remove/", passkey_views.remove, name="passkey-remove"),
    ]


def member(under: str) -> list[URLPattern]:
    """What members of the reward app have of it: codes, the identity check, a new password, their devices, what they agreed to."""
    return [
        path(f"{under}code/<str:purpose>/", code_pages.state, name="code-state"),
        path(f"{under}identity/start/<str:purpose>/", identity_views.start, name="identity-start"),
        path(f"{under}identity/<uuid:public_id>/", identity_views.show, name="identity-check"),
        path(f"{under}identity/<uuid:public_id>/complete/", identity_views.complete, name="identity-complete"),
        path(f"{under}identity/<uuid:public_id>/return/", identity_views.come_back, name="identity-return"),
        path(f"{under}password/reset/", recovery_views.reset, name="password-reset"),
        path(f"{under}password/reset/<str:token>/", recovery_views.choose_password, name="password-reset-choose"),
        *account(f"{under}me/"),
        path(f"{under}me/consents/", consent_views.consents_page, name="consents"),
    ]


def app(under: str) -> list[URLPattern]:
    """The reward app's sign-in."""
    return [
        path(f"{under}login", app_views.login, name="app-login"),
        path(f"{under}session", app_views.session, name="app-session"),
        path(f"{under}refresh", app_views.refresh, name="app-refresh"),
    ]


def supplier_doors(under: str) -> list[URLPattern]:
    """Where suppliers of messages tell what became of them. The address holds a secret of ours."""
    return [path(f"{under}solapi/<slug:token>/", solapi_door.webhook, name="solapi-webhook")]
