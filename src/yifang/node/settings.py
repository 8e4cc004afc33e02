"""Django's settings, all made from the node's `Config` and secrets; nothing here is read by people who run a node.

The database role to sign in as comes from `YIFANG_DB_ROLE` (web, jobs or owner): the process that starts this one
says it. Jobs and web own nothing; only migrations sign in as owner.
"""

import os
from functools import partial

from yifang import knowledge
from yifang.node import config as node_config
from yifang.node import database, logs, secrets

YIFANG = node_config.load()
knowledge.use([YIFANG.overrides] if YIFANG.overrides else [])
YIFANG_SECRETS = secrets.load(YIFANG.data)
YIFANG_READ_SECRETS = partial(secrets.latest, YIFANG.data)
_database = database.of(YIFANG)
_role = os.environ.get("YIFANG_DB_ROLE", "web")
if _role not in ("web", "jobs", "owner"):
    raise ValueError(f"YIFANG_DB_ROLE is {_role!r}; it must be web, jobs or owner")

DEBUG = False
SECRET_KEY = YIFANG_SECRETS.django
ALLOWED_HOSTS = list(YIFANG.hosts)

INSTALLED_APPS = [
    "yifang.web",  # first, so that its templates win over allauth's and Django's
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.usersessions",
    "axes",
    "csp",
    "yifang.apps.places",
    "yifang.apps.ledger",
    "yifang.apps.accounts",
    "yifang.apps.work",
    "yifang.apps.forms",
    "yifang.apps.records",
    "yifang.apps.intake",
    "yifang.apps.reporting",
    "yifang.apps.relay",
    "yifang.apps.surveillance",
    "yifang.apps.workstation",
    "yifang.apps.care",
    "procrastinate.contrib.django",  # last: it imports every app's jobs.py
]

MIDDLEWARE = [
    "yifang.node.health.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "yifang.apps.accounts.middleware.MachineMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "yifang.apps.accounts.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "axes.middleware.AxesMiddleware",
    "yifang.web.errors.ErrorPages",
    "yifang.apps.accounts.middleware.ViewerMiddleware",  # last: it calls the view, inside the viewer's transaction
]

YIFANG_NODE_NAME = YIFANG.name
ROOT_URLCONF = "yifang.node.urls"
WSGI_APPLICATION = "yifang.node.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "yifang.web.context.shell",
            ]
        },
    }
]

# -- database

DATABASE_ROLES = {"owner": _database.names.owner, "web": _database.names.web, "jobs": _database.names.jobs}
DATABASE_ASSUME_ROLE = False  # tests sign in as owner and SET LOCAL ROLE; a node's processes sign in as what they are
DATABASES = {"default": node_config.django_database(_database.params(_role), prepared=_role == "web")}
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"
LEDGER_ANCHOR = YIFANG.data / "ledger-anchor.json"

# -- people

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "CommonPasswordValidator", "NumericPasswordValidator")
] + [
    {"NAME": "yifang.apps.accounts.passwords.LongEnough", "OPTIONS": {"min_length": 10}},
]
ACCOUNT_ADAPTER = "yifang.node.signin.Adapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_RATE_LIMITS = False  # lock-out is axes', in the database, the same for every web process
ACCOUNT_LOGOUT_ON_GET = False
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/accounts/login/"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]  # a name alone would let a stranger lock anybody out
AXES_USERNAME_FORM_FIELD = "username"  # of the credentials, which allauth names so; its form says "login"
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
AXES_LOCKOUT_CALLABLE = "yifang.web.errors.locked_out"
CSRF_FAILURE_VIEW = "yifang.web.errors.csrf_failed"

# -- browser

SESSION_COOKIE_NAME = f"yifang_{YIFANG_SECRETS.node}"  # two nodes on one host keep apart
CSRF_COOKIE_NAME = f"yifang_csrf_{YIFANG_SECRETS.node}"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = YIFANG.https
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if YIFANG.https else None
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in YIFANG.hosts] if YIFANG.https else []
SECURE_HSTS_SECONDS = 31_536_000 if YIFANG.https else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],  # Tabler's style sheet draws its marks with data: pictures
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "object-src": ["'none'"],
    }
}
STATIC_URL = "/static/"
STATIC_ROOT = YIFANG.data / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
MEDIA_ROOT = YIFANG.data / "files"
YIFANG_MAPS = YIFANG.data / "maps"  # outlines that the installation brought (`yifang places map`)
YIFANG_PAPERS = YIFANG.data / "papers"  # templates of its own for documents, in place of the shipped ones
DATA_UPLOAD_MAX_MEMORY_SIZE = 20_000_000

# -- words and time

USE_TZ = True
TIME_ZONE = YIFANG.zone
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]

logs.configure()
LOGGING = logs.LOGGING
