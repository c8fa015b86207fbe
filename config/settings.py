"""
One settings file, driven by the environment, safe when nothing is set.

ENVIRONMENT is development (default), demo, test or production. A production start refuses unsafe values: config/checks.py.
"""

import secrets
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import environ
from celery.schedules import crontab
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from csp.constants import NONCE, NONE, SELF
from psycopg import IsolationLevel

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"
env = environ.Env()
if (BASE_DIR / ".env").exists():
    env.read_env(BASE_DIR / ".env")

ENVIRONMENT = env.str("ENVIRONMENT", default="development")
PRODUCTION = ENVIRONMENT == "production"
DEMO = ENVIRONMENT == "demo"
# What was deployed: stands on pictures for card companies. Empty: the commit of this checkout, where there is one.
BUILD_REVISION = env.str("BUILD_REVISION", default="")
DEBUG = env.bool("DEBUG", default=ENVIRONMENT == "development")


def _kept_secret(name: str, make: Any) -> str:
    """A secret of this checkout, made once and kept under var/; never used in production."""
    path = VAR_DIR / "secrets" / name
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_suffix(f".{secrets.token_hex(4)}")
        draft.write_text(make())
        draft.chmod(0o600)
        draft.replace(path)
    return path.read_text()


def _rsa_private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return pem.decode()


def _secret(name: str, make: Any = lambda: secrets.token_urlsafe(50)) -> str:
    """From the environment; outside production made on first use. In production a missing one stays empty and is refused."""
    if value := env.str(name, default=""):
        return str(value).replace("\\n", "\n")
    return "" if PRODUCTION else _kept_secret(name.lower(), make)


SECRET_KEY = _secret("SECRET_KEY") or "missing"
PERSON_HASH_KEY = _secret("PERSON_HASH_KEY")  # HMAC key for identity hashes; rotating it loses the one-person rule
PARTICIPATION_TOKEN_KEY = _secret("PARTICIPATION_TOKEN_KEY")
# Encrypts single fields (common/sealed.py). Newest first; older keys stay listed as long as anything is sealed under them.
FIELD_KEYS: list[str] = env.list("FIELD_KEYS", default=[]) or [key for key in [_secret("FIELD_KEY")] if key]
# Encrypts the resident registration numbers of winners who pay prize tax, and nothing else (rewards/prize_tax/store.py). As FIELD_KEYS.
TAX_IDENTITY_KEYS: list[str] = env.list("TAX_IDENTITY_KEYS", default=[]) or [key for key in [_secret("TAX_IDENTITY_KEY")] if key]
# Where winners pay the tax of a prize: bank, number, holder, as they read it.
PRIZE_TAX_ACCOUNT = env.str("PRIZE_TAX_ACCOUNT", default="" if PRODUCTION else "부스트은행 000-0000-0000 부스트")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[] if PRODUCTION else ["localhost", "127.0.0.1", "[::1]", "testserver"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# ---- portals -----------------------------------------------------------------------------------------------------------
PORT = env.int("PORT", default=8000)
PORTALS: list[str] = env.list("PORTALS", default=["advertiser", "luckffle", "backoffice"])
_origin = "" if PRODUCTION else f"http://127.0.0.1:{PORT}"
PORTAL_ORIGINS = {
    "advertiser": env.str("ADVERTISER_ORIGIN", default=_origin),
    "luckffle": env.str("LUCKFFLE_ORIGIN", default=_origin),
    "backoffice": env.str("BACKOFFICE_ORIGIN", default=_origin),
}
PORTAL_HOMES = {"advertiser": "/dashboard/", "luckffle": "/luckffle/", "backoffice": "/backoffice/"}  # after signing in
PORTAL_ENTRANCES = {"advertiser": "/", "luckffle": "/luckffle/login/", "backoffice": "/backoffice/login/"}  # after signing out
ROOT_URLCONF = "config.urls.advertiser"
WSGI_APPLICATION = "config.wsgi.application"

# ---- applications ------------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.import_export",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.usersessions",
    "allauth.headless",
    "import_export",
    "pgtrigger",
    "pghistory",
    "django_htmx",
    "template_partials",
    "csp",
    "django_structlog",
    "django_prometheus",
    "ninja",
    "common",
    "identity",
    "advertisers",
    "credits",
    "payments",
    "rewards",
    "inquiries",
    "campaigns",
    "backoffice",
]

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "common.portals.PortalMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "identity.middleware.PortalGateMiddleware",
    "config.visits.VisitMiddleware",
    "config.gate.DenyByDefaultMiddleware",
    "common.errors_views.NotAllowedPageMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "common.portals.page_context",
            ],
        },
    },
]

# ---- database ----------------------------------------------------------------------------------------------------------
# READ COMMITTED is asserted at a production start (config/checks.py): the wallet-row lock was measured to hold under it.
DATABASES: dict[str, dict[str, Any]] = {
    "default": env.db_url(
        "DATABASE_URL", default="" if PRODUCTION else f"postgresql://postgres@{quote(str(VAR_DIR / 'postgres'), safe='')}/boost"
    )
}
DATABASES["default"]["HOST"] = unquote(DATABASES["default"].get("HOST") or "")  # a socket folder comes percent-encoded
DATABASES["default"].setdefault("OPTIONS", {})
DATABASES["default"]["OPTIONS"]["options"] = (
    f"-c lock_timeout=3000 -c statement_timeout={env.int('STATEMENT_TIMEOUT_MS', default=15_000)} "
    "-c idle_in_transaction_session_timeout=30000 -c timezone=UTC"
)
DATABASES["default"]["OPTIONS"]["isolation_level"] = IsolationLevel.READ_COMMITTED
DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=600)
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"]["ENGINE"] = "django_prometheus.db.backends.postgresql"
# The role that production runs as, beside the owner that migrates; `manage.py grant_app_role` makes it.
APP_ROLE = env.str("APP_ROLE", default="boost_app")
APP_ROLE_PASSWORD = env.str("APP_ROLE_PASSWORD", default="")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Limits and locks must survive a dead Redis: the default cache is the database (design: "Rows are the queue").
CACHES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "common_cache", "OPTIONS": {"MAX_ENTRIES": 100_000}}
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"

# ---- people ------------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "identity.User"
AUTHENTICATION_BACKENDS = ["identity.backends.PortalBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher", "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "email", "name")},
    },
    {"NAME": "identity.passwords.LengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "identity.guessing.GuessableValidator"},
]
LOGIN_URL = "account_login"
ACCOUNT_ADAPTER = "identity.adapters.AccountAdapter"
USERSESSIONS_ADAPTER = "identity.adapters.SessionsAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email", "phone"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "phone", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = "username"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True  # no tick box: SESSION_LIMITS decide
ACCOUNT_FORMS = {
    "login": "identity.forms.LoginForm",
    "reauthenticate": "identity.forms.PasswordAgainForm",
    "change_password": "identity.forms.NewPasswordForm",
}
# login_failed: per name and address (identity/adapters.py), and per address over all names.
ACCOUNT_RATE_LIMITS = {"login_failed": "20/m/ip,5/10m/key"}
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"  # a finger, a face or the device's lock: a found phone alone opens nothing
MFA_ADAPTER = "identity.adapters.MFAAdapter"
MFA_TOTP_ISSUER = "부스트"
MFA_TOTP_TOLERANCE = 1  # one step before and after: phones' clocks differ, and people type slowly
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_FORMS = {
    "authenticate": "identity.forms.SecondFactorForm",
    "reauthenticate": "identity.forms.SecondFactorAgainForm",
    "activate_totp": "identity.forms.SetUpSecondFactorForm",
    "add_webauthn": "identity.passkeys.AddPasskeyForm",
    "edit_webauthn": "identity.passkeys.RenamePasskeyForm",
    "login_webauthn": "identity.passkeys.PasskeyLoginForm",
    "authenticate_webauthn": "identity.passkeys.PasskeySecondForm",
    "reauthenticate_webauthn": "identity.passkeys.PasskeyAgainForm",
}
SOCIALACCOUNT_ADAPTER = "identity.social.SocialAdapter"
SOCIALACCOUNT_QUERY_EMAIL = False
SOCIALACCOUNT_REAUTHENTICATION_REQUIRED = True
HEADLESS_ADAPTER = "identity.adapters.HeadlessAdapter"
HEADLESS_TOKEN_STRATEGY = "identity.tokens.MemberTokens"
HEADLESS_CLIENTS = ("app",)
HEADLESS_JWT_PRIVATE_KEY = _secret("APP_TOKEN_PRIVATE_KEY", _rsa_private_key)
HEADLESS_JWT_ACCESS_TOKEN_EXPIRES_IN = 300
HEADLESS_JWT_REFRESH_TOKEN_EXPIRES_IN = 30 * 24 * 3600
HEADLESS_JWT_ROTATE_REFRESH_TOKEN = True
# What stands in the way of closing an advertiser's account; the first one locks the wallet, and with it all the others look at.
CLOSING_BLOCKERS = ("credits.closing.blockers", "payments.closing.blockers", "campaigns.closing.blockers")
# The second tier of the reward app is reserved: off, its marks on members, raffles and missions mean nothing.
LUCKFFLE_PLUS = env.bool("LUCKFFLE_PLUS", default=False)
# What a member's own data consists of, floor by floor (rewards/data_export.py).
DATA_EXPORT_PARTS = ("rewards.data_export.part", "inquiries.services.data_of", "campaigns.history.data_of")
APP_TOKEN_CLAIMS = "rewards.app_tokens.claims_of"  # what a token carries beside the user: rewards lives above identity
APP_TOKENS_END = "rewards.app_tokens.end"  # how those that are out end
# Seconds without activity, and seconds altogether (None: as long as it is used).
SESSION_LIMITS: dict[str, tuple[int, int | None]] = {
    "advertiser": (60 * 60, 12 * 3600),
    "luckffle": (30 * 24 * 3600, None),
    "backoffice": (15 * 60, 8 * 3600),
}

# ---- browser -----------------------------------------------------------------------------------------------------------
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
CSRF_FAILURE_VIEW = "common.errors_views.csrf_failure"
SECURE_SSL_REDIRECT = PRODUCTION and env.bool("SECURE_SSL_REDIRECT", default=True)
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
if env.bool("BEHIND_TLS_PROXY", default=PRODUCTION):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
# The back office theme runs Alpine expressions and inline styles (docs/adr/0004); it gets these two and nothing else.
BACKOFFICE_CSP_EXTRA = {"script-src": ["'unsafe-eval'"], "style-src": ["'unsafe-inline'"]}
from backoffice.theme import UNFOLD  # noqa: E402, F401  (the theme reads its settings by this name)

DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
# The sources of the styles stay out: only what browsers ask for is served and hashed.
STATICFILES_DIRS = [(folder, BASE_DIR / "static" / folder) for folder in ("dist", "js", "img")]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(VAR_DIR / "media")}},
    # Papers of people: no address leads here, a view hands them out to whom they belong.
    "private": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(VAR_DIR / "private")}},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not PRODUCTION
if not PRODUCTION:
    STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # stays empty: files are served where they lie

# ---- language and time -------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "ko"
LANGUAGES = [("ko", "한국어")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Asia/Seoul"
USE_TZ = True
USE_I18N = True
USE_THOUSAND_SEPARATOR = True
FORMAT_MODULE_PATH = ["common.formats"]
CLOCK_OFFSET_SECONDS = env.int("CLOCK_OFFSET_SECONDS", default=0)  # refused in production; common/clock.py applies it

# ---- work outside requests ---------------------------------------------------------------------------------------------
REDIS_URL = env.str("REDIS_URL", default="")
_queue_dir = Path(env.str("QUEUE_DIR", default=str(VAR_DIR / "celery")))
# One quick try: the relay works a row itself when the broker is away (measured: 6 s refused, 4 s silent with the library's retries).
REDIS_TRANSPORT_OPTIONS: dict[str, Any] = {
    "socket_timeout": 0.5,
    "socket_connect_timeout": 0.5,
    "max_retries": 0,
    "visibility_timeout": 3600,
}
if REDIS_URL:
    CELERY_BROKER_URL, CELERY_BROKER_TRANSPORT_OPTIONS = REDIS_URL, REDIS_TRANSPORT_OPTIONS
else:
    CELERY_BROKER_URL = "filesystem://localhost//"
    (_queue_dir / "control").mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_queue_dir),
        "data_folder_out": str(_queue_dir),
        "control_folder": str(_queue_dir / "control"),
        "store_processed": False,
    }
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TIMEZONE = "Asia/Seoul"
CELERY_ENABLE_UTC = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BEAT_SCHEDULE_FILENAME = str(_queue_dir / "beat")
CELERY_BEAT_SCHEDULE: dict[str, Any] = {
    "payments-sweep": {"task": "payments.sweep", "schedule": 10.0},
    "payments-auto-top-up": {"task": "payments.auto_top_up", "schedule": 20.0},
    "payments-announce-offers": {"task": "payments.announce_offers", "schedule": 600.0},
    "payments-remind-accounts": {"task": "payments.remind_accounts", "schedule": 600.0},
    "payments-reconcile": {"task": "payments.reconcile", "schedule": 3600.0},
    "payments-reconcile-daily": {"task": "payments.reconcile_daily", "schedule": crontab(hour=4, minute=20)},
    "payments-insured-limit": {"task": "payments.insured_limit", "schedule": 300.0},
    "payments-settlements": {"task": "payments.settlements", "schedule": crontab(hour=5, minute=10)},
    "payments-documents": {"task": "payments.documents", "schedule": 300.0},
    "campaigns-clock": {"task": "campaigns.clock", "schedule": 10.0},
    "campaigns-capture": {"task": "campaigns.capture", "schedule": 30.0},
    "campaigns-tell-confirmed": {"task": "campaigns.tell_confirmed", "schedule": 30.0},
    "campaigns-expire": {"task": "campaigns.expire_participations", "schedule": 20.0},
    "campaigns-count": {"task": "campaigns.count", "schedule": 60.0},
    "campaigns-reports": {"task": "campaigns.reports", "schedule": 300.0},
    "campaigns-count-people": {"task": "campaigns.count_people", "schedule": crontab(minute=20)},
    "credits-tell-of-expiry": {"task": "credits.tell_of_expiry", "schedule": crontab(hour=9, minute=0)},
    "credits-watch-balances": {"task": "credits.watch_balances", "schedule": 900.0},
    "credits-expire-lots": {"task": "credits.expire_lots", "schedule": 3600.0},
    "identity-purge": {"task": "identity.purge", "schedule": crontab(hour=3, minute=40)},
    "advertisers-tax-office": {"task": "advertisers.tax_office", "schedule": 3600.0},
    "advertisers-papers": {"task": "advertisers.papers", "schedule": crontab(hour=0, minute=5)},
    "identity-recheck-consents": {"task": "identity.recheck_consents", "schedule": crontab(hour=10, minute=0)},
    "campaigns-fraud-rules": {"task": "campaigns.fraud_rules", "schedule": 600.0},
    "campaigns-referrals": {"task": "campaigns.referrals", "schedule": 20.0},
    "inquiries-end-answered": {"task": "inquiries.end_answered", "schedule": crontab(hour=4, minute=50)},
    "inquiries-guides": {"task": "inquiries.look_at_guides", "schedule": crontab(hour=6, minute=40)},
    "campaigns-landings": {"task": "campaigns.look_at_landings", "schedule": crontab(hour=10, minute=30)},
    "campaigns-nightly": {"task": "campaigns.nightly", "schedule": crontab(hour=2, minute=10)},
    "rewards-raffles": {"task": "rewards.raffles", "schedule": 10.0},
    "rewards-tax-identities": {"task": "rewards.forget_tax_identities", "schedule": crontab(hour=4, minute=40)},
    "rewards-push-upkeep": {"task": "rewards.push_upkeep", "schedule": crontab(hour=4, minute=55)},
    "rewards-push-rechecks": {"task": "rewards.push_rechecks", "schedule": crontab(hour=10, minute=10)},
    "rewards-offerwalls": {"task": "rewards.watch_offerwalls", "schedule": 600.0},
    "rewards-forget-offerwall-calls": {"task": "rewards.forget_offerwall_calls", "schedule": crontab(hour=4, minute=50)},
    "rewards-gifticon-catalogue": {"task": "rewards.gifticon_catalogue", "schedule": crontab(hour=3, minute=10)},
    "rewards-gifticon-deposit": {"task": "rewards.gifticon_deposit", "schedule": crontab(hour=8, minute=50)},
    "backoffice-anomalies": {"task": "backoffice.anomalies", "schedule": 600.0},
    "credits-nightly-proof": {"task": "credits.nightly_proof", "schedule": 600.0},
}

# ---- suppliers ---------------------------------------------------------------------------------------------------------
SANDBOX_PORT = env.int("SANDBOX_PORT", default=8001)
SANDBOX_ORIGIN = f"http://127.0.0.1:{SANDBOX_PORT}"
_sandbox = not PRODUCTION
PAYMENT_GATEWAYS = {"portone": "payments.gateways.portone.PortOneGateway"}
PAYMENT_GATEWAY = env.str("PAYMENT_GATEWAY", default="portone")
# Our own account, for sums that no company takes: bank (three digits), number, holder; empty: nobody is led to a transfer.
HOUSE_ACCOUNT: list[str] = env.list("HOUSE_ACCOUNT", default=["088", "140000000001", "부스트 주식회사"] if _sandbox else [])
# Offered where the first one does not answer; empty: nobody else is asked.
PAYMENT_GATEWAY_SECOND = env.str("PAYMENT_GATEWAY_SECOND", default="" if PRODUCTION else "toss")
PORTONE_BASE_URL = env.str("PORTONE_BASE_URL", default=f"{SANDBOX_ORIGIN}/portone" if _sandbox else "https://api.portone.io")
PORTONE_SDK_URL = env.str(
    "PORTONE_SDK_URL",
    default=f"{SANDBOX_ORIGIN}/portone/browser-sdk.js" if _sandbox else "https://cdn.portone.io/v2/browser-sdk.js",
)
# Hosts the pay page may frame, post to and connect to; the real list is confirmed in a browser before launch (docs/adr/0004).
PORTONE_BROWSER_HOSTS = env.list(
    "PORTONE_BROWSER_HOSTS", default=[SANDBOX_ORIGIN] if _sandbox else ["https://*.portone.io", "https://*.inicis.com"]
)
PORTONE_STORE_ID = env.str("PORTONE_STORE_ID", default="store-00000000-0000-4000-8000-000000000001" if _sandbox else "")
PORTONE_CHANNEL_KEY_CARD = env.str(
    "PORTONE_CHANNEL_KEY_CARD", default="channel-key-00000000-0000-4000-8000-000000000001" if _sandbox else ""
)
# Virtual accounts are offered once their channel is named; the sandbox's channel knows every method.
PORTONE_CHANNEL_KEY_VBANK = env.str("PORTONE_CHANNEL_KEY_VBANK", default=PORTONE_CHANNEL_KEY_CARD if _sandbox else "")
# Cards for automatic top-up are kept under a contract, and so a channel, of their own; empty: none are.
PORTONE_CHANNEL_KEY_BILLING = env.str("PORTONE_CHANNEL_KEY_BILLING", default=PORTONE_CHANNEL_KEY_CARD if _sandbox else "")
# The TEST channel through which reviewers of card companies see the window (review mode); empty: they see the ordinary one.
PORTONE_CHANNEL_KEY_REVIEW = env.str("PORTONE_CHANNEL_KEY_REVIEW", default="")
PORTONE_API_SECRET = env.str("PORTONE_API_SECRET", default="sandbox-secret" if _sandbox else "")
PORTONE_WEBHOOK_SECRETS: list[str] = env.list(
    "PORTONE_WEBHOOK_SECRETS", default=["whsec_cG9ydG9uZS1zYW5kYm94LXRlc3Qtc2VjcmV0LTAwMDE="] if _sandbox else []
)
# What PortOne's console calls the columns of its export, where it is not what we call them: ours=theirs (payments/settlements.py).
SETTLEMENT_HEADINGS: dict[str, str] = env.dict("SETTLEMENT_HEADINGS", default={})
PORTONE_REQUIRE_LIVE = env.bool("PORTONE_REQUIRE_LIVE", default=PRODUCTION)
PORTONE_MANUAL_APPROVAL = env.bool("PORTONE_MANUAL_APPROVAL", default=False)
# Stands in where KG Inicis would refuse the buyer's own address (no signs but @ and dots). Ours, never a shortened one of somebody's.
PORTONE_BILLING_EMAIL = env.str("PORTONE_BILLING_EMAIL", default="billing@boost.example")

# What bought credits are called where they are sold: "credit" (크레딧) or "package" (a named service, as card companies prefer).
PRODUCT_LABEL_MODE = env.str("PRODUCT_LABEL_MODE", default="credit")
# Whose windows the pictures for card companies show, in the words of the window.
CARD_REVIEW_COMPANIES: list[str] = env.list("CARD_REVIEW_COMPANIES", default=["BC", "NH"])

TOSS_BASE_URL = env.str("TOSS_BASE_URL", default=f"{SANDBOX_ORIGIN}/toss" if _sandbox else "https://api.tosspayments.com")
TOSS_SDK_URL = env.str(
    "TOSS_SDK_URL", default=f"{SANDBOX_ORIGIN}/toss/v2/standard" if _sandbox else "https://js.tosspayments.com/v2/standard"
)
TOSS_BROWSER_HOSTS: list[str] = env.list("TOSS_BROWSER_HOSTS", default=[SANDBOX_ORIGIN] if _sandbox else ["https://*.tosspayments.com"])
TOSS_MID = env.str("TOSS_MID", default="tboost" if _sandbox else "")
TOSS_CLIENT_KEY = env.str("TOSS_CLIENT_KEY", default="test_ck_sandbox" if _sandbox else "")
TOSS_SECRET_KEY = env.str("TOSS_SECRET_KEY", default="test_sk_sandbox" if _sandbox else "")
if TOSS_SECRET_KEY:  # without a contract nobody is asked
    PAYMENT_GATEWAYS["toss"] = "payments.gateways.toss.TossGateway"
TOSS_REQUIRE_LIVE = env.bool("TOSS_REQUIRE_LIVE", default=PRODUCTION)
# Payment messages of Toss are not signed: outside these networks nobody is listened to. Empty: from anywhere, outside production only.
TOSS_WEBHOOK_SOURCES: list[str] = env.list(
    "TOSS_WEBHOOK_SOURCES",
    default=[]
    if _sandbox
    else [
        "13.124.18.147", "13.124.108.35", "3.36.173.151", "3.38.81.32",
        "115.92.221.121", "115.92.221.122", "115.92.221.123", "115.92.221.125", "115.92.221.126", "115.92.221.127",
    ],
)  # fmt: skip

# Who somebody is: KG Inicis through PortOne's window, or directly.
IDENTITY_AGENCIES = {"PORTONE": "identity.agencies.portone.PortOneIdentity", "INICIS": "identity.agencies.inicis.InicisIdentity"}
IDENTITY_PROVIDER = env.str("IDENTITY_PROVIDER", default="PORTONE")
PORTONE_CHANNEL_KEY_IDENTITY = env.str(
    "PORTONE_CHANNEL_KEY_IDENTITY", default="channel-key-00000000-0000-4000-8000-000000000002" if _sandbox else ""
)
INICIS_IDENTITY_URL = env.str("INICIS_IDENTITY_URL", default=f"{SANDBOX_ORIGIN}/inicis" if _sandbox else "https://sa.inicis.com")
# Where results may be fetched; compared whole, whatever the browser brings.
INICIS_RESULT_ORIGINS: list[str] = env.list(
    "INICIS_RESULT_ORIGINS", default=[SANDBOX_ORIGIN] if _sandbox else ["https://kssa.inicis.com", "https://fcsa.inicis.com"]
)
INICIS_IDENTITY_MID = env.str("INICIS_IDENTITY_MID", default="INIiasTest" if _sandbox else "")
INICIS_IDENTITY_API_KEY = env.str("INICIS_IDENTITY_API_KEY", default="TGdxb2l3enJDWFRTbTgvREU3MGYwUT09" if _sandbox else "")
INICIS_IDENTITY_SEED_IV = env.str("INICIS_IDENTITY_SEED_IV", default="SASKGINICIS00000" if _sandbox else "")
# Whether a business is open, by the tax office (odcloud); without a key nobody is asked and the state stays unknown.
TAX_OFFICE_URL = env.str(
    "TAX_OFFICE_URL", default=f"{SANDBOX_ORIGIN}/tax-office" if _sandbox else "https://api.odcloud.kr/api/nts-businessman/v1"
)
TAX_OFFICE_KEY = env.str("TAX_OFFICE_KEY", default="sandbox-tax-office-key" if _sandbox else "")

# Who answers for every landing page when there is no internet; empty: the pages themselves are opened.
LANDING_STAND_IN_URL = env.str("LANDING_STAND_IN_URL", default=f"{SANDBOX_ORIGIN}/landing" if _sandbox else "")

# Hosts outside the house that banners of the reward app may lead to, such as a brand's shop. Empty: banners lead to our own pages only.
BANNER_HOSTS: list[str] = env.list("BANNER_HOSTS", default=["brand.example.com"] if _sandbox else [])

# Who may call the doors for conversions; Airbridge signs nothing, so outside these networks it is not listened to. Empty: from anywhere.
POSTBACK_SENDERS: dict[str, list[str]] = {"airbridge": env.list("AIRBRIDGE_POSTBACK_SENDERS", default=[])}
# Where developers try their receiver's other half: callers that send as Airbridge and advertisers do. Empty: the lab does not link there.
POSTBACK_CALLERS_URL = env.str("POSTBACK_CALLERS_URL", default=f"{SANDBOX_ORIGIN}/conversions/" if _sandbox else "")

# Receivers of webhooks that may be private and without TLS, where there is no internet: the sandbox's. Production trusts nobody.
WEBHOOK_TRUSTED_ORIGINS: list[str] = env.list("WEBHOOK_TRUSTED_ORIGINS", default=[SANDBOX_ORIGIN] if _sandbox else [])

# Where raffles take their public value from (drand's quicknet), and the key that its signatures are checked with.
DRAND_URL = env.str("DRAND_URL", default=f"{SANDBOX_ORIGIN}/drand" if _sandbox else "https://api.drand.sh")
DRAND_CHAIN_HASH = env.str(
    "DRAND_CHAIN_HASH",
    default="cac583138598200b62ac713a46a003190682fb1592f998437d3962f9ab63d936"
    if _sandbox
    else "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971",
)
DRAND_PUBLIC_KEY = env.str(
    "DRAND_PUBLIC_KEY",
    default="b5d9a4c9221a3a428afe306bb0a2c51d5c36e0569f66c1c221e3b14f13b75b37fc61d5f2c4ad2da5d3995290bb4833f2"
    "16d4149d1fd3205b3a13b7f8552de6961c71097d34ba14194da4c87f3d0baca7fea53257210f688bc161a96cec897b7a"
    if _sandbox
    else "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d106451"
    "0d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a",
)
DRAND_GENESIS, DRAND_PERIOD_SECONDS = 1692803367, 3  # of quicknet; the stand-in keeps the same hours

# Gifticons: who makes the coupons (Giftishow Biz), our keys there, the member id of the company and the number messages come from.
GIFTICON_SUPPLIER = env.str("GIFTICON_SUPPLIER", default="rewards.gifticons.giftishow.Giftishow")
GIFTISHOW_URL = env.str("GIFTISHOW_URL", default=f"{SANDBOX_ORIGIN}/giftishow" if _sandbox else "https://bizapi.giftishow.com/bizApi")
GIFTISHOW_AUTH_CODE = env.str("GIFTISHOW_AUTH_CODE", default="DEVSANDBOX0001" if _sandbox else "")
GIFTISHOW_AUTH_TOKEN = env.str("GIFTISHOW_AUTH_TOKEN", default="c2FuZGJveC1naWZ0aXNob3c=" if _sandbox else "")
GIFTISHOW_USER_ID = env.str("GIFTISHOW_USER_ID", default="sandbox@boost.example" if _sandbox else "")
GIFTISHOW_CALLBACK = env.str("GIFTISHOW_CALLBACK", default="0212345678" if _sandbox else "")
# Of the card and banner that were registered in the company's console; some accounts need them.
GIFTISHOW_TEMPLATE_ID = env.str("GIFTISHOW_TEMPLATE_ID", default="")
GIFTISHOW_BANNER_ID = env.str("GIFTISHOW_BANNER_ID", default="")
# Where pictures of goods may come from; pages of the members' portal allow these hosts and no others.
GIFTISHOW_IMAGE_HOSTS: list[str] = env.list(
    "GIFTISHOW_IMAGE_HOSTS", default=[SANDBOX_ORIGIN] if _sandbox else ["https://bizimg.giftishow.com"]
)

# Push to the reward app, by Firebase Cloud Messaging in the name of a service account; without a project nothing is pushed.
FCM_PROJECT_ID = env.str("FCM_PROJECT_ID", default="sandbox-luckffle" if _sandbox else "")
FCM_CLIENT_EMAIL = env.str("FCM_CLIENT_EMAIL", default="push@sandbox-luckffle.iam.gserviceaccount.com" if _sandbox else "")
FCM_PRIVATE_KEY = _secret("FCM_PRIVATE_KEY", _rsa_private_key)
FCM_URL = env.str("FCM_URL", default=f"{SANDBOX_ORIGIN}/fcm" if _sandbox else "https://fcm.googleapis.com")
FCM_TOKEN_URL = env.str("FCM_TOKEN_URL", default=f"{SANDBOX_ORIGIN}/fcm/token" if _sandbox else "https://oauth2.googleapis.com/token")

# Offerwalls: our keys there (two while one is changed; empty: the network is not there), the networks that may call (empty: any), and where
# a member finds the offers, with {usn} for their number. Declared in rewards/offerwalls/networks.py.
OFFERWALLS: dict[str, dict[str, Any]] = {
    "adpopcorn": {
        "keys": env.list("ADPOPCORN_HASH_KEYS", default=["sandbox-hash-key"] if _sandbox else []),
        "senders": env.list("ADPOPCORN_SENDERS", default=[]),
        "url": env.str("ADPOPCORN_WALL_URL", default=f"{SANDBOX_ORIGIN}/offerwalls/adpopcorn/?usn={{usn}}" if _sandbox else ""),
    },
    "tnk": {
        "keys": env.list("TNK_APP_KEYS", default=["sandboxappkey"] if _sandbox else []),
        "senders": env.list("TNK_SENDERS", default=[]),
        "url": env.str("TNK_WALL_URL", default=f"{SANDBOX_ORIGIN}/offerwalls/tnk/?usn={{usn}}" if _sandbox else ""),
    },
    "tapjoy": {
        "keys": env.list("TAPJOY_SECRET_KEYS", default=["tapjoysecret"] if _sandbox else []),
        "senders": env.list("TAPJOY_SENDERS", default=[]),
        "url": env.str("TAPJOY_WALL_URL", default=f"{SANDBOX_ORIGIN}/offerwalls/tapjoy/?usn={{usn}}" if _sandbox else ""),
    },
    "hmac": {
        "keys": env.list("OFFERWALL_SECRETS", default=["sandboxofferwallkey"] if _sandbox else []),
        "senders": env.list("OFFERWALL_SENDERS", default=[]),
        "url": env.str("OFFERWALL_WALL_URL", default=f"{SANDBOX_ORIGIN}/offerwalls/hmac/?usn={{usn}}" if _sandbox else ""),
    },
}

# Guides that are copied from Notion: an internal connection's secret (empty: nothing is copied), and where its pictures lie.
NOTION_API_URL = env.str("NOTION_API_URL", default=f"{SANDBOX_ORIGIN}/notion/v1" if _sandbox else "https://api.notion.com/v1")
NOTION_SECRET = env.str("NOTION_SECRET", default="ntn_sandbox" if _sandbox else "")
NOTION_VERSION = env.str("NOTION_VERSION", default="2026-03-11")
NOTION_FILE_ORIGINS: list[str] = env.list(
    "NOTION_FILE_ORIGINS", default=[SANDBOX_ORIGIN] if _sandbox else ["https://prod-files-secure.s3.us-west-2.amazonaws.com"]
)
# A stand-in for https://<workspace>.notion.site, whose pages may be framed in guides; refused in production.
NOTION_EMBED_STAND_IN = env.str("NOTION_EMBED_STAND_IN", default=f"{SANDBOX_ORIGIN}/notion" if _sandbox else "")

# Signing in with an account of another house; one without a client id is not offered. Only the demo has keys by itself: the sandbox's.
SOCIAL_LOGIN: dict[str, dict[str, str]] = {
    "kakao": {
        "name": "카카오",
        "client_id": env.str("KAKAO_CLIENT_ID", default="sandbox-kakao" if DEMO else ""),
        "secret": env.str("KAKAO_CLIENT_SECRET", default="sandbox-kakao-secret" if DEMO else ""),
        "authorize_url": env.str(
            "KAKAO_AUTHORIZE_URL", default=f"{SANDBOX_ORIGIN}/kakao/oauth/authorize" if DEMO else "https://kauth.kakao.com/oauth/authorize"
        ),
        "token_url": env.str(
            "KAKAO_TOKEN_URL", default=f"{SANDBOX_ORIGIN}/kakao/oauth/token" if DEMO else "https://kauth.kakao.com/oauth/token"
        ),
        "profile_url": env.str(
            "KAKAO_PROFILE_URL", default=f"{SANDBOX_ORIGIN}/kakao/v2/user/me" if DEMO else "https://kapi.kakao.com/v2/user/me"
        ),
    },
    "naver": {
        "name": "네이버",
        "client_id": env.str("NAVER_CLIENT_ID", default="sandbox-naver" if DEMO else ""),
        "secret": env.str("NAVER_CLIENT_SECRET", default="sandbox-naver-secret" if DEMO else ""),
        "authorize_url": env.str(
            "NAVER_AUTHORIZE_URL",
            default=f"{SANDBOX_ORIGIN}/naver/oauth2.0/authorize" if DEMO else "https://nid.naver.com/oauth2.0/authorize",
        ),
        "token_url": env.str(
            "NAVER_TOKEN_URL", default=f"{SANDBOX_ORIGIN}/naver/oauth2.0/token" if DEMO else "https://nid.naver.com/oauth2.0/token"
        ),
        "profile_url": env.str(
            "NAVER_PROFILE_URL", default=f"{SANDBOX_ORIGIN}/naver/v1/nid/me" if DEMO else "https://openapi.naver.com/v1/nid/me"
        ),
    },
    "google": {
        "name": "구글",
        "client_id": env.str("GOOGLE_CLIENT_ID", default="sandbox-google" if DEMO else ""),
        "secret": env.str("GOOGLE_CLIENT_SECRET", default="sandbox-google-secret" if DEMO else ""),
        "authorize_url": env.str(
            "GOOGLE_AUTHORIZE_URL",
            default=f"{SANDBOX_ORIGIN}/google/o/oauth2/v2/auth" if DEMO else "https://accounts.google.com/o/oauth2/v2/auth",
        ),
        "token_url": env.str(
            "GOOGLE_TOKEN_URL", default=f"{SANDBOX_ORIGIN}/google/token" if DEMO else "https://oauth2.googleapis.com/token"
        ),
        "profile_url": env.str(
            "GOOGLE_PROFILE_URL",
            default=f"{SANDBOX_ORIGIN}/google/oauth2/v2/userinfo" if DEMO else "https://www.googleapis.com/oauth2/v2/userinfo",
        ),
    },
}
# Tax invoices and cash receipts, by Popbill in the company's name.
TAX_ISSUER = env.str("TAX_ISSUER", default="payments.issuers.popbill.Popbill")
POPBILL_BASE_URL = env.str("POPBILL_BASE_URL", default=f"{SANDBOX_ORIGIN}/popbill" if _sandbox else "https://popbill.linkhub.co.kr")
POPBILL_AUTH_URL = env.str("POPBILL_AUTH_URL", default=f"{SANDBOX_ORIGIN}/linkhub" if _sandbox else "https://auth.linkhub.co.kr")
POPBILL_SERVICE = env.str("POPBILL_SERVICE", default="POPBILL_TEST" if _sandbox else "POPBILL")
POPBILL_LINK_ID = env.str("POPBILL_LINK_ID", default="SANDBOX" if _sandbox else "")
POPBILL_SECRET_KEY = env.str("POPBILL_SECRET_KEY", default="c2FuZGJveC1wb3BiaWxsLXNlY3JldC0wMDAx" if _sandbox else "")

# Demo mail and SMS land in the sandbox's inbox. SMTP servers come as EMAIL_HOST… or one EMAIL_URL.
_mail = env.email_url("EMAIL_URL", default="consolemail://")
EMAIL_HOST, EMAIL_PORT = _mail.get("EMAIL_HOST") or "localhost", _mail.get("EMAIL_PORT") or 25
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail.get("EMAIL_HOST_USER") or "", _mail.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS, EMAIL_USE_SSL = bool(_mail.get("EMAIL_USE_TLS")), bool(_mail.get("EMAIL_USE_SSL"))
EMAIL_BACKEND = env.str("EMAIL_BACKEND", default="common.messaging.InboxEmailBackend" if DEMO else _mail["EMAIL_BACKEND"])
EMAIL_TIMEOUT = 10
SMS_CHANNEL = env.str("SMS_CHANNEL", default="common.solapi.SolapiSms" if DEMO or PRODUCTION else "common.messaging.LogOnlySms")
SOLAPI_BASE_URL = env.str("SOLAPI_BASE_URL", default=f"{SANDBOX_ORIGIN}/solapi" if _sandbox else "https://api.solapi.com")
SOLAPI_API_KEY = env.str("SOLAPI_API_KEY", default="NCSANDBOXKEY0001" if _sandbox else "")
SOLAPI_API_SECRET = env.str("SOLAPI_API_SECRET", default="SANDBOXSECRET0123456789ABCDEFGH" if _sandbox else "")
# What Solapi's console is told for reports: secrets (two while one is changed), and the secret part of the address.
SOLAPI_WEBHOOK_SECRETS = env.list("SOLAPI_WEBHOOK_SECRETS", default=["sandbox-webhook-secret"] if _sandbox else [])
SOLAPI_WEBHOOK_TOKEN = env.str("SOLAPI_WEBHOOK_TOKEN", default="sandbox-webhook-token" if _sandbox else "")
SOLAPI_SENDER = env.str("SOLAPI_SENDER", default="0212345678" if _sandbox else "")  # a number registered there, never user input
# Our channel at KakaoTalk (pfId): with it, events whose words Kakao approved go out as AlimTalk.
SOLAPI_KAKAO_CHANNEL = env.str("SOLAPI_KAKAO_CHANNEL", default="KA01PFSANDBOX0001" if _sandbox else "")
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Boost <no-reply@boost.example>")
OPERATOR_ALERT_EMAIL = env.str("OPERATOR_ALERT_EMAIL", default="ops@boost.example")
# Slack's incoming webhook of the operators' channel, a secret: alerts go there beside the mail; empty: they go by mail alone.
SLACK_WEBHOOK_URL = env.str("SLACK_WEBHOOK_URL", default=f"{SANDBOX_ORIGIN}/slack/services/T00000000/B00000000/sandbox" if DEMO else "")

# ---- the company, as the law wants it shown ----------------------------------------------------------------------------
COMPANY = {
    "name": env.str("COMPANY_NAME", default="부스트 주식회사"),
    "representative": env.str("COMPANY_REPRESENTATIVE", default="홍길동"),
    "business_number": env.str("COMPANY_BUSINESS_NUMBER", default="000-00-00000"),
    "business_check_url": env.str("COMPANY_BUSINESS_CHECK_URL", default="https://www.ftc.go.kr/bizCommPop.do?wrkr_no=0000000000"),
    "mail_order_number": env.str("COMPANY_MAIL_ORDER_NUMBER", default="제0000-서울강남-00000호"),
    "address": env.str("COMPANY_ADDRESS", default="서울특별시 강남구 테헤란로 1"),
    "phone": env.str("COMPANY_PHONE", default="02-0000-0000"),
    "email": env.str("COMPANY_EMAIL", default="help@boost.example"),
    "opt_out_phone": env.str("COMPANY_OPT_OUT_PHONE", default="080-000-0000"),  # free of charge, stands in advertising by SMS
    "hosting": env.str("COMPANY_HOSTING", default="부스트 주식회사"),
    "privacy_officer": env.str("COMPANY_PRIVACY_OFFICER", default="홍길동"),
    "hours": env.str("COMPANY_HOURS", default="평일 10:00–18:00 (점심 12:00–13:00)"),
}

# ---- logs --------------------------------------------------------------------------------------------------------------
# JSON lines with a request id; common/logs.py configures structlog and the standard library together.
from common.logs import LOGGING_FOR, configure_structlog  # noqa: E402  (needs nothing of the settings above but is part of them)

LOGGING = LOGGING_FOR(level=env.str("LOG_LEVEL", default="INFO"), pretty=ENVIRONMENT == "development")
configure_structlog()

from common import clock  # noqa: E402

clock.install(offset_seconds=CLOCK_OFFSET_SECONDS)

START_CHECK = "config.checks.problems"  # what a start asks, for go_live_check

from config import checks  # noqa: E402

checks.stop_unsafe_start(globals(), command=sys.argv[1] if len(sys.argv) > 1 else "")
