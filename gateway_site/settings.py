"""One settings file. Everything an operator may set comes from PROOFSHEET_… in the environment (see README)."""

from pathlib import Path
from urllib.parse import urlsplit

from gateway_site import environment
from gateway_site.csp import CSP
from gateway_site.logs import chosen_format, is_news
from gateway_site.oidc import sign_in_provider

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = environment.data_folder(BASE_DIR)

DEBUG = environment.switch("PROOFSHEET_DEBUG")
HOST_NAME = environment.host_name(DATA_DIR)
LOST_HOST_MINUTES = environment.minutes("PROOFSHEET_LOST_HOST_MINUTES", 10)
SECRET_KEY = environment.secret_key(DATA_DIR)
ENCRYPTION_KEYS = environment.encryption_keys(DATA_DIR)
ENCRYPTION_KEYS_FILE = environment.encryption_keys_file(DATA_DIR)
PUBLIC_URL = environment.text("PROOFSHEET_PUBLIC_URL").rstrip("/")
TRUSTED_PROXIES = environment.networks("PROOFSHEET_TRUSTED_PROXIES")
MEDIA_OFFLOAD = environment.media_offload()
METRICS_TOKEN = environment.text("PROOFSHEET_METRICS_TOKEN")
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", *environment.words("PROOFSHEET_ALLOWED_HOSTS")]

INSTALLED_APPS = [
    "gateway_site.admin_site.ProofsheetAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "template_partials",
    # Not the app "allauth": it is nothing but templates, and every page that can be reached is our own.
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "gallery",
]
MIDDLEWARE = [
    "gallery.endpoint.middleware.EndpointMiddleware",
    "gateway_site.compression.CompressionMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "gateway_site.csp.ContentSecurityPolicyMiddleware",
    "gateway_site.static_files.StaticFilesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "gallery.views.seen.SeenMiddleware",
    "gallery.views.callers.CallerMiddleware",
    "gallery.views.signed_in.SignedInMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "gateway_site.middleware.TimeZoneMiddleware",
    "gallery.views.refused_selections.RefusedSelectionMiddleware",
    "gallery.views.refused_budgets.RefusedBudgetMiddleware",
    "gallery.views.refusals.RefusalMiddleware",
]
ROOT_URLCONF = "gateway_site.urls"
ASGI_APPLICATION = "gateway_site.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "gallery.views.alarm.alarm",
            ],
        },
    },
]

DATABASES = {"default": environment.database(DATA_DIR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Shared by all processes: what limits guessing must not be started anew in each of them.
CACHES = {
    "default": {
        "BACKEND": "gateway_site.shared_counts.SharedCounts",
        "LOCATION": "gallery_cacheentry",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    }
}
QUEUE_URL = environment.text("PROOFSHEET_QUEUE_URL") or f"sqlite:///{DATA_DIR / 'queue.sqlite3'}"
STORAGES = {
    "default": environment.storage(DATA_DIR),
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
INCOMING_DIR = DATA_DIR / "incoming"
REPLIES_DIR = DATA_DIR / "replies"
for folder in (STATIC_ROOT, INCOMING_DIR, REPLIES_DIR):
    folder.mkdir(mode=0o700, exist_ok=True)
FILE_UPLOAD_TEMP_DIR = INCOMING_DIR
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "gateway_site.upload_handler.ForgivingUploadHandler",
]
# A folder of pictures, imported in one form by a browser without scripts.
DATA_UPLOAD_MAX_NUMBER_FILES = 500

AUTH_USER_MODEL = "gallery.User"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "studio"
LOGOUT_REDIRECT_URL = "account_login"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["username", "name"]},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = 3 * 24 * 3600

# The door. No mail is sent and nobody signs up: accounts are made by links (services/people.py).
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
SESSION_ENGINE = "gallery.models.sessions"
ACCOUNT_ADAPTER = "gallery.views.door.AccountAdapter"
ACCOUNT_FORMS = {"login": "gallery.forms.SignInForm"}
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_REDIRECT_URL = LOGOUT_REDIRECT_URL
# Tries in all, and those that fail: by address, and by the name that was tried.
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "10/m/ip,10/10m/key"}
ACCOUNT_REAUTHENTICATION_TIMEOUT = 10 * 60
ACCOUNT_REAUTHENTICATION_METHODS = ("password", "mfa")
SOCIALACCOUNT_ADAPTER = "gallery.views.sso_rules.SocialAccountAdapter"
OIDC = sign_in_provider()
MFA_ADAPTER = "gallery.views.door.SecondStepAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = "Proofsheet"
# Clocks of telephones are half a minute off.
MFA_TOTP_TOLERANCE = 1

SECURE_CSP = {
    "default-src": [CSP.SELF],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "style-src-attr": [CSP.UNSAFE_INLINE],
    "img-src": [CSP.SELF, "data:", "blob:"],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
}
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_NAME = "proofsheet_session"
CSRF_COOKIE_NAME = "proofsheet_csrf"
if PUBLIC_URL:
    public = urlsplit(PUBLIC_URL)
    ALLOWED_HOSTS.append(public.hostname or "")
    CSRF_TRUSTED_ORIGINS = [f"{public.scheme}://{public.netloc}"]
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = public.scheme == "https"
    # A month: long enough to hold from visit to visit, short enough to undo.
    SECURE_HSTS_SECONDS = 30 * 24 * 3600 if public.scheme == "https" else 0
environment.check_exposure(is_debug=DEBUG, secret_key=SECRET_KEY, hosts=ALLOWED_HOSTS)

# Keys and addresses of gateways that come from the environment; shown as such in the admin.
GATEWAY_PREFIXES = {
    "routellm": "ROUTELLM",
    "openroute": "OPENROUTE",
    "openrouter": "OPENROUTER",
    "llmgateway": "LLM_GATEWAY",
}
GATEWAY_KEYS = {slug: environment.text(f"{prefix}_API_KEY") for slug, prefix in GATEWAY_PREFIXES.items()}
GATEWAY_BASE_URLS = {slug: environment.text(f"{prefix}_BASE_URL") for slug, prefix in GATEWAY_PREFIXES.items()}

LANGUAGE_CODE = "en"
TIME_ZONE = environment.time_zone()
USE_I18N = False
USE_TZ = True
SILENCED_SYSTEM_CHECKS = [
    "security.W005",  # what else lives under the studio's domain is not ours to decide
    "security.W008",  # the proxy in front redirects to https, see README
    "security.W021",
]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "gateway_site.logs.JSONLine"}, "text": {"()": "gateway_site.logs.TextLine"}},
    "filters": {
        "is_news": {"()": "django.utils.log.CallbackFilter", "callback": is_news},
        "marks": {"()": "gateway_site.logs.Marks"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": chosen_format(), "filters": ["marks"]}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "gallery": {"level": "INFO"},
        "huey": {"level": "WARNING"},
        # Below this it writes down every address that was not found, tokens of share links among them.
        "django.request": {"level": "ERROR", "filters": ["is_news"]},
    },
}
