"""
The one list of what anybody may open without signing in, by view name. Everything else is refused to strangers, whether or not its view
says so itself (config/gate.py): a new page is closed until somebody adds it here, and a reviewer sees this file change.
"""

from common.portals import ADVERTISER, BACKOFFICE, LUCKFFLE

_PROBES = frozenset({"healthz", "readyz", "metrics"})
_SIGNING_IN = frozenset({"account_login", "account_logout"})

PUBLIC: dict[str, frozenset[str]] = {
    ADVERTISER: _PROBES
    | _SIGNING_IN
    | {
        "inquiries:landing",
        "inquiries:pricing",
        "inquiries:notices",
        "inquiries:notice",
        "inquiries:faq",
        "inquiries:guides",
        "inquiries:guide",
        "inquiries:guide-picture",  # of a copy that was published
        "inquiries:terms",
        "inquiries:terms-version",
        "inquiries:contact",  # a question of somebody without an account
        "inquiries:contact-sent",
        "inquiries:guest-thread",  # by a secret link in the mail with the answer, for thirty days
        "inquiries:guest-close",
        "inquiries:guest-attachment",
        "inquiries:robots",
        "inquiries:sitemap",
        "code-state",  # signing up and resetting wait for a code; it shows a browser its own code's state only
        "account_signup",
        "advertisers:signup",
        "advertisers:signup-step",  # shows a browser its own answers only
        "identity-start",  # signing up proves who one is before there is an account; a try belongs to its browser
        "identity-check",
        "identity-complete",
        "identity-return",  # the agency sends browsers here from its own site, without our session; it only asks the agency
        "mfa_authenticate",  # whose password was right, on the way in
        "mfa_login_webauthn",  # a passkey instead of name and password
        "kakao_login",  # a service without keys is not there; the way back opens nothing without the secret of this browser
        "kakao_callback",
        "naver_login",
        "naver_callback",
        "google_login",
        "google_callback",
        "social-unknown",  # shows a browser what it brought itself
        "find-id",
        "password-reset",
        "password-reset-choose",  # by a secret link in a mail
        "email-confirm",
        "visit-enter",  # by a secret link from the back office, once, within two minutes
        "advertisers:invitation",  # by a secret link; whoever was invited may have no team yet
        "advertisers:invitation-accept",  # asks to sign in itself
        "advertisers:recipient",  # by a secret link; there is no account behind an address that gets reports
        "advertisers:recipient-confirm",
        "advertisers:recipient-stop",
        "payments:order-complete",  # the payment company sends browsers here from its own site, without our session
        "payments:webhook",  # signed by the payment company
        "solapi-webhook",  # shows a secret, at an address that nobody can guess; it only makes us ask
        "campaigns:postback",  # signed by advertisers' servers, or worth only as much as the click it names
        "campaigns:postback-with",  # attribution services: the address is the secret
        "offerwalls:callback",  # signed by the offerwall's company
        "components",  # the catalogue of parts; not there in production
    },
    LUCKFFLE: _PROBES
    | _SIGNING_IN
    | {
        "rewards:signup",
        "rewards:signup-finish",  # only for a browser that has just proved a number
        "code-state",  # shows a browser its own code's state only
        "identity-return",  # as in the advertiser portal
        "password-reset",
        "password-reset-choose",  # by a secret link
        "rewards:home",  # anybody may look at what there is
        "rewards:raffles",  # a raffle and its draw are for everybody to check
        "rewards:raffle",
        "rewards:raffle-verify",
        "rewards:raffle-record",
        "rewards:raffle-script",
        "rewards:shop",  # what tickets can be exchanged for
        "rewards:gifticon",
        "campaigns:missions",
        "campaigns:mission",
        "campaigns:mission-image",
        "campaigns:banner-image",  # of a banner that is up
        "app-login",  # the app's sign-in by phone and password, and its tokens
        "app-session",
        "app-refresh",
    },
    BACKOFFICE: _PROBES | _SIGNING_IN | {"account_inactive", "mfa_authenticate", "mfa_login_webauthn"},
}
# Operations of the reward app's JSON doors for who has no account yet, or forgot the password: a token cannot be asked for.
OPERATIONS_FOR_STRANGERS = frozenset({"signup_code", "signup_prove", "signup", "reset_code", "reset_prove", "reset_password"})
# JSON doors: each operation demands a key, a token or a session of its own, and answers in JSON. Their documents are public.
WITH_THEIR_OWN_KEYS = frozenset({"advertiser-api", "luckffle-api"})

# Of the advertiser portal, for whoever has signed in, in a team or not: leaving the house, and showing again who one is before that.
WITHOUT_A_TEAM = frozenset({"advertisers:leave", "step-up", "step-up-mail", "parked-form"})


def is_public(portal: str, view_name: str) -> bool:
    """True when strangers may come to this view."""
    return view_name in PUBLIC[portal] or view_name.partition(":")[0] in WITH_THEIR_OWN_KEYS
