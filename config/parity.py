"""
Whatever a member does on the web, the reward app can do: every route of the members' portal that changes something, by its name, with the
operations of the JSON API (their operationId) that do the same, or the routes of the app's sign-in, which allauth answers.

A few operations are about the phone itself and have no counterpart in a browser: they stand apart with the reason.

tests/house/test_parity.py builds the list of routes from the URLconf and holds it against this one, from both sides.
"""

_ACCOUNT, _ME, _IDENTITY = "rewards_account_api", "rewards_api", "rewards_identity_api"
_RAFFLES, _SHOP, _MISSIONS, _QUESTIONS = "rewards_raffle_api", "rewards_shop_api", "campaigns_api_luckffle", "campaigns_api_questions"

PARITY: dict[str, tuple[str, ...]] = {
    "account_login": ("app-login", "app-refresh"),
    "account_logout": ("app-session",),
    "account_change_password": (f"{_ACCOUNT}_change_password",),
    "usersessions_list": (f"{_ACCOUNT}_end_sign_ins",),
    "device-end": (f"{_ACCOUNT}_end_sign_in",),
    "consents": (f"{_ACCOUNT}_change_consent",),
    "password-reset": (f"{_ACCOUNT}_reset_code", f"{_ACCOUNT}_reset_prove"),
    "password-reset-choose": (f"{_ACCOUNT}_reset_password",),
    "identity-start": (f"{_IDENTITY}_start",),
    "identity-complete": (f"{_IDENTITY}_complete",),
    "identity-return": (f"{_IDENTITY}_complete",),
    "rewards:signup": (f"{_ACCOUNT}_signup_code", f"{_ACCOUNT}_signup_prove"),
    "rewards:signup-finish": (f"{_ACCOUNT}_signup",),
    "rewards:me": (f"{_ME}_change_me",),
    "rewards:phone": (f"{_ACCOUNT}_phone_code", f"{_ACCOUNT}_change_phone"),
    "rewards:rename": (f"{_ME}_change_me",),
    "rewards:identity": (f"{_IDENTITY}_complete",),
    "rewards:data": (f"{_ACCOUNT}_ask_for_data",),
    "rewards:leave": (f"{_ACCOUNT}_leave",),
    "rewards:inbox": (f"{_ME}_read_inbox",),
    "rewards:attendance": (f"{_ME}_attend",),
    "rewards:raffle-enter": (f"{_RAFFLES}_enter",),
    "rewards:raffle-claim": (f"{_RAFFLES}_claim",),
    "rewards:raffle-tax": (f"{_RAFFLES}_give_tax",),
    "rewards:gifticon-exchange": (f"{_SHOP}_exchange",),
    "rewards:coupon-resend": (f"{_SHOP}_resend",),
    "campaigns:seen": (f"{_MISSIONS}_seen",),
    "campaigns:mission-apply": (f"{_MISSIONS}_apply",),
    "campaigns:mission-start": (f"{_MISSIONS}_start",),
    "campaigns:mission-open": (f"{_MISSIONS}_open_landing",),
    "campaigns:mission-beat": (f"{_MISSIONS}_beat",),
    "campaigns:mission-confirm": (f"{_MISSIONS}_confirm",),
    "campaigns:mission-answer": (f"{_MISSIONS}_answer",),
    "campaigns:mission-step": (f"{_MISSIONS}_step",),
    "campaigns:mission-picture": (f"{_MISSIONS}_picture",),
    "campaigns:claim": (f"{_MISSIONS}_claim",),
    "member-inquiries:new": (f"{_QUESTIONS}_ask",),
    "member-inquiries:detail": (f"{_QUESTIONS}_follow_up",),
    "member-inquiries:close": (f"{_QUESTIONS}_close",),
}

OF_THE_PHONE: dict[str, str] = {
    "rewards_device_api_register": "a phone that may show notices says where it is; a browser gets none",
    "rewards_device_api_forget": "the same phone says that nobody is signed in on it any more",
}
