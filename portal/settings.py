"""Every setting of the portal. All that differs between machines comes from the environment (see .env.example).

Without further word the values are those of production; what production must not have stops the start with one line.
"""

import logging
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from portal import logs
from portal.environment import Environment

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment()
if (BASE_DIR / ".env").is_file():
    env.read_env(BASE_DIR / ".env")

# Where the portal runs
SITE_URL = env.required("SITE_URL").rstrip("/")
_site = urlsplit(SITE_URL)
_https = _site.scheme == "https"
DEMO = env.flag("DEMO", default=False)
STAFF_SECOND_FACTOR = env.flag("STAFF_SECOND_FACTOR", default=True)
if _site.scheme not in ("http", "https") or not _site.hostname:
    raise ImproperlyConfigured(
        f"SITE_URL is {SITE_URL!r}: write the address people open, such as https://portal.arxus.example"
    )
if DEMO and _site.hostname not in ("localhost", "127.0.0.1"):
    raise ImproperlyConfigured(f"DEMO is on, but SITE_URL is {SITE_URL}: the demo runs on localhost only.")
if not DEMO and not _https:
    raise ImproperlyConfigured(f"SITE_URL is {SITE_URL}: outside the demo it must begin with https://")
if not DEMO and not STAFF_SECOND_FACTOR:
    raise ImproperlyConfigured(
        "STAFF_SECOND_FACTOR is off: only the demo (DEMO=true) may let staff in with a password alone."
    )

DEBUG = False
SECRET_KEY = env.required("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
# Signs activation and reset links (R42); a key of its own, so that it can be changed alone.
LINK_KEY = env.required("LINK_KEY")
for _name, _value in (("SECRET_KEY", SECRET_KEY), ("LINK_KEY", LINK_KEY)):
    if len(_value) < 50:
        raise ImproperlyConfigured(f"{_name} has {len(_value)} characters: give it 50 random ones or more.")
ALLOWED_HOSTS = [_site.hostname]
CSRF_TRUSTED_ORIGINS = [SITE_URL]

INSTALLED_APPS = [
    "tenants",
    "contacts",
    "notifications",
    "portal",
    "portal.admin_site.StaffAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "crispy_forms",
    "crispy_bootstrap5",
    "csp",
    "django_countries",
    "django_structlog",
    "phonenumber_field",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "portal.middleware.LargestBodyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "portal.middleware.NoStoreMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "contacts.current.ActingMiddleware",
    "contacts.seal.SealMiddleware",
    "contacts.extraneous.ExtraneousMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "contacts.second_factor.SecondFactorMiddleware",
]
ROOT_URLCONF = "portal.urls"
# Processes of gunicorn
WEB_CONCURRENCY = env.number("WEB_CONCURRENCY", default=2)
WSGI_APPLICATION = "portal.wsgi.application"
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
                "contacts.current.context",
            ]
        },
    }
]

# Data. DATABASE_URL is the web role, which owns nothing; migrations run with the owner's address in the same variable.
DATABASES = {"default": env.db_url_config(env.address("DATABASE_URL", "postgres://", "postgresql://"))}
DATABASES["default"] |= {"CONN_MAX_AGE": 300, "CONN_HEALTH_CHECKS": True}
DATABASES["default"]["OPTIONS"] = {
    "connect_timeout": 3,
    "application_name": "portal",
    # A lock or a query that hangs answers "busy" within seconds instead of piling up requests; a migration that waits
    # for a lock would make everybody behind it wait.
    "options": "-c lock_timeout=3s -c statement_timeout=20s -c idle_in_transaction_session_timeout=30s",
    **DATABASES["default"].get("OPTIONS", {}),
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env.address("REDIS_URL", "redis://", "rediss://", "unix://")
# Throttles live here; without Redis they go on in this process, with less room (see portal/cache.py).
CACHES = {"default": {"BACKEND": "portal.cache.RedisOrLocalCache", "LOCATION": REDIS_URL}}

# People
AUTH_USER_MODEL = "contacts.User"
# Django's own: allauth's would tell apart who is not active, and reads its own table of addresses.
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 15}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "contacts.passwords.GuessableValidator"},
]
ACCOUNT_ADAPTER = "contacts.login.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "contacts.account_forms.LoginForm",
    "reauthenticate": "contacts.account_forms.ReauthenticateForm",
    "change_password": "contacts.account_forms.ChangePasswordForm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_REDIRECT_URL = LOGIN_URL
# Failures per place, then per account and place (contacts/login.py).
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/5m/key"}
# Behind how many proxies of ours the portal stands; with none, nobody's X-Forwarded-For is believed.
ALLAUTH_TRUSTED_PROXY_COUNT = env.number("TRUSTED_PROXY_COUNT", default=0)
MFA_ADAPTER = "contacts.second_factor.MFAAdapter"
MFA_FORMS = {
    "authenticate": "contacts.account_forms.AuthenticateForm",
    "reauthenticate": "contacts.account_forms.ReauthenticateByCodeForm",
    "activate_totp": "contacts.account_forms.SetUpAuthenticatorForm",
}

# Cookies and headers
CSRF_FAILURE_VIEW = "contacts.seal.csrf_failure"
SESSION_COOKIE_NAME = "__Host-session" if _https else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if _https else "csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = _https
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 12 * 60 * 60
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
if ALLAUTH_TRUSTED_PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _https
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}

# Texts: pages are in English for now, mails in the reader's language.
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("nl", "Nederlands"), ("fr", "Français")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Europe/Brussels"
USE_TZ = True
USE_I18N = True
FORMAT_MODULE_PATH = "portal.formats"

# Files
STATIC_URL = "static/"
STATIC_ROOT = env.path("STATIC_ROOT", default=str(BASE_DIR / "staticfiles"))
STATICFILES_DIRS = [BASE_DIR / "static"]
AGREEMENT_MB = env.number("AGREEMENT_MB", default=10)
AGREEMENTS_PER_CUSTOMER = env.number("AGREEMENTS_PER_CUSTOMER", default=50)
AGREEMENTS_MB_PER_PARTNER = env.number("AGREEMENTS_MB_PER_PARTNER", default=2000)
# What people upload: outside the web root, read by views alone.
MEDIA_ROOT = Path(env.path("MEDIA_ROOT", default=str(BASE_DIR / ".data" / "files"))).resolve()
if any(MEDIA_ROOT.is_relative_to(Path(folder).resolve()) for folder in (STATIC_ROOT, *STATICFILES_DIRS)):
    raise ImproperlyConfigured(f"MEDIA_ROOT is {MEDIA_ROOT}, which is served to everybody: choose another folder.")
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"file_permissions_mode": 0o600, "directory_permissions_mode": 0o700},
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# Mail
EMAIL_CONFIG = env.email_url_config(env.address("EMAIL_URL", "smtp://", "smtp+tls://", "smtp+ssl://"))
vars().update(EMAIL_CONFIG)
DEFAULT_FROM_EMAIL = env.str("MAIL_FROM", default="Arxus <portal@arxus.example>")
# Where subscriptions and licences of a tenant are asked for, until the portal does that itself.
SUBSCRIPTIONS_URL = env.link("SUBSCRIPTIONS_URL")
SERVICE_DESK_PHONE = env.str("SERVICE_DESK_PHONE", default="+32 9 000 00 00")
MAIL_REPLY_TO = env.str("MAIL_REPLY_TO", default="servicedesk@arxus.example")
MAIL_POSTAL_ADDRESS = env.str("MAIL_POSTAL_ADDRESS", default="Arxus nv, Kortrijksesteenweg 1, B-9000 Gent")

# Worker (see DEPENDENCIES: with Celery's defaults an unacknowledged task comes back after an hour)
# Celery has other words for a socket: unix:///path?db=1 is redis+socket:///path?virtual_host=1.
CELERY_BROKER_URL = re.sub("^unix://", "redis+socket://", REDIS_URL).replace("?db=", "?virtual_host=")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 300,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "health_check_interval": 10,
    "max_retries": 0,
}
# What is due is a matter of rows; beat only asks. An answer that comes late is not worth giving: the next one is near.
CELERY_BEAT_SCHEDULE = {
    "deliver": {"task": "notifications.deliver", "schedule": 2, "options": {"expires": 10}},
    "tell of lost mails": {"task": "tenants.tell_of_lost_mails", "schedule": 20, "options": {"expires": 30}},
    "sweep": {"task": "notifications.sweep", "schedule": 15, "options": {"expires": 30}},
    "sweep files": {"task": "tenants.sweep_files", "schedule": 1800, "options": {"expires": 900}},
    "remind administrators": {
        "task": "tenants.remind_administrators",
        "schedule": 3600,
        "options": {"expires": 1800},
    },
    "renew unused links": {"task": "tenants.renew_unused_links", "schedule": 3600, "options": {"expires": 1800}},
    "lapse overdue requests": {"task": "tenants.lapse_overdue", "schedule": 3600, "options": {"expires": 1800}},
    "remind partners": {"task": "tenants.remind_partners", "schedule": 900, "options": {"expires": 600}},
    "tell staff": {"task": "tenants.tell_staff", "schedule": 600, "options": {"expires": 300}},
}

# Logs: one JSON line per event, one event per request
LOGGING = logs.config()
DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = logging.DEBUG
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False

# Forms
CRISPY_ALLOWED_TEMPLATE_PACKS = ["bootstrap5"]
CRISPY_TEMPLATE_PACK = "bootstrap5"
CRISPY_FAIL_SILENTLY = False
COUNTRIES_ONLY = ["BE", "NL", "LU", "FR", "DE"]
PHONENUMBER_DEFAULT_REGION = "BE"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FILES = 3
FILE_UPLOAD_HANDLERS = ["portal.uploads.InMemoryUpload"]
# The largest file of a form in bytes: an agreement, or the directory that staff import.
LARGEST_FILE = max(AGREEMENT_MB, 10) * 1_000_000
# Beyond this the answer is 413 before anything of the body is read (portal/middleware.py).
LARGEST_BODY = 32 * 1024 * 1024

# What the domain leaves to be set
TARGET_WORKING_DAYS = env.number("TARGET_WORKING_DAYS", default=2)
# Arxus is closed on these days too, beside weekends and public holidays.
CLOSING_DAYS = env.days("CLOSING_DAYS")
# What happens to a request that waits for its partner, and to a draft that nobody touches (R28).
REMINDER_WORKING_DAYS = env.numbers("REMINDER_WORKING_DAYS", default=[3, 10])
WARNING_DAY = env.number("WARNING_DAY", default=23)
ANSWER_DAYS = env.number("ANSWER_DAYS", default=30)
DRAFT_WARNING_DAY = env.number("DRAFT_WARNING_DAY", default=166)
DRAFT_DAYS = env.number("DRAFT_DAYS", default=180)
for _first, _then in (("WARNING_DAY", "ANSWER_DAYS"), ("DRAFT_WARNING_DAY", "DRAFT_DAYS")):
    if vars()[_first] >= vars()[_then]:
        raise ImproperlyConfigured(f"{_first} is {vars()[_first]}: a warning comes before {_then}, {vars()[_then]}.")
INVITATIONS_PER_HOUR = env.number("INVITATIONS_PER_HOUR", default=20)
SENDINGS_PER_HOUR = env.number("SENDINGS_PER_HOUR", default=30)
OPEN_REQUESTS_PER_COMPANY = env.number("OPEN_REQUESTS_PER_COMPANY", default=50)
_ROLES = ("technical", "commercial", "dpo", "watchlist", "security")  # ContactRole, which needs settings to be read
SERVICENOW_ROLES = env.among("SERVICENOW_ROLES", _ROLES, default=["technical"])
RESERVED_NAMES = env.list(
    "RESERVED_NAMES", default=["microsoft", "windows", "azure", "office", "xbox", "outlook", "admin", "root"]
)
