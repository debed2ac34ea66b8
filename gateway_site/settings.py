"""One settings file. Everything an operator may set comes from PROOFSHEET_… in the environment (see README)."""

from pathlib import Path
from urllib.parse import urlsplit

from gateway_site import environment
from gateway_site.csp import CSP

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = environment.data_folder(BASE_DIR)

DEBUG = environment.switch("PROOFSHEET_DEBUG")
SECRET_KEY = environment.secret_key(DATA_DIR)
ENCRYPTION_KEYS = environment.encryption_keys(DATA_DIR)
PUBLIC_URL = environment.text("PROOFSHEET_PUBLIC_URL").rstrip("/")
TRUSTED_PROXIES = environment.words("PROOFSHEET_TRUSTED_PROXIES")
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
    "gallery",
]
MIDDLEWARE = [
    "gallery.endpoint.middleware.EndpointMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "gateway_site.csp.ContentSecurityPolicyMiddleware",
    "gateway_site.static_files.StaticFilesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "gateway_site.middleware.TimeZoneMiddleware",
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
            ],
        },
    },
]

DATABASES = {"default": environment.database(DATA_DIR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
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

AUTH_USER_MODEL = "gallery.User"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "studio"
LOGOUT_REDIRECT_URL = "login"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["username", "name"]},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = 3 * 24 * 3600

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
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

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
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True
SILENCED_SYSTEM_CHECKS = ["security.W008"]  # the proxy in front redirects to https, see README

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname:7} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"gallery": {"level": "INFO"}, "huey": {"level": "WARNING"}},
}
