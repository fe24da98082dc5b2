"""Django's settings for the processes that serve people: what the console and the API need beyond the store."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rebond.config import ConfigError
from rebond.config_sections import OidcSection
from rebond.secrets_file import load_secrets

_HERE = Path(__file__).parent
LANGUAGES = (("en", "English"), ("fr", "Français"))
# Their tables are made with the store's, so that a site can be served at any time.
WEB_APPS = (
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "django_htmx",
    "ninja",
    "rebond.console",
    "rebond.public",
)
CACHE_TABLE = "web_cache"
_MIDDLEWARE = (
    "rebond.site.health.Health",
    "rebond.site.traffic.Traffic",
    "django.middleware.security.SecurityMiddleware",
    "rebond.site.headers.SecurityHeaders",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "rebond.api.problems.ApiProblems",
    "rebond.public.strangers.Strangers",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "rebond.web.zone.SiteZone",
    "rebond.web.errors.ServiceErrors",
)
_CONTEXT = (
    "django.template.context_processors.request",
    "django.template.context_processors.i18n",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
    "rebond.console.context.console",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityProvider:
    """Who else may say who somebody is (OpenID Connect)."""

    name: str
    server_url: str
    client_id: str
    secret: str


def identity_provider(section: OidcSection, *, data: Path) -> IdentityProvider | None:
    """Return the provider that is configured; ConfigError when its secret is missing."""
    if not section.server_url:
        return None
    secret = load_secrets(data).get("oidc", {}).get("client_secret", "")
    if not isinstance(secret, str) or not secret or not section.client_id:
        what = "client_secret in [oidc] of secrets.toml" if section.client_id else "oidc.client_id"
        raise ConfigError(f"oidc.server_url is set, and {what} is missing: the provider gives it")
    return IdentityProvider(
        name=section.name, server_url=section.server_url, client_id=section.client_id, secret=secret
    )


def web_settings(*, key: str, public_url: str = "", provider: IdentityProvider | None = None) -> dict[str, Any]:
    """Return the settings for a site; `key` signs sessions and one-time links, `public_url` is where people reach it.

    Without a public address only this machine is answered, and cookies go over plain HTTP.
    """
    secure = public_url.startswith("https://")
    host = urlsplit(public_url).hostname or ""
    return {
        "SECRET_KEY": key,
        "ALLOWED_HOSTS": [*filter(None, (host,)), "localhost", "127.0.0.1", "[::1]"],
        "CSRF_TRUSTED_ORIGINS": [public_url] if public_url else [],
        "ROOT_URLCONF": "rebond.site.urls",
        "MIDDLEWARE": list(_MIDDLEWARE),
        "TEMPLATES": [_templates()],
        "EMAIL_BACKEND": "rebond.web.mail.SiteRelay",
        "MESSAGE_STORAGE": "django.contrib.messages.storage.session.SessionStorage",
        "CACHES": {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": CACHE_TABLE}},
        "LOGGING": _LOGGING,
        "STATIC_URL": "/static/",
        "WHITENOISE_USE_FINDERS": True,
        "WHITENOISE_AUTOREFRESH": False,
        "WHITENOISE_ALLOW_ALL_ORIGINS": False,
        # A page that waits for a large file to be read in is bounded by the file, not by memory.
        "DATA_UPLOAD_MAX_MEMORY_SIZE": 16 * 1024 * 1024,
        **_languages(),
        **_cookies(secure=secure),
        **_accounts(),
        "SOCIALACCOUNT_PROVIDERS": {"openid_connect": _by_openid(provider)} if provider else {},
        "FORM_ACTIONS": [f"{urlsplit(provider.server_url).scheme}://{urlsplit(provider.server_url).netloc}"]
        if provider
        else [],
    }


_LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    # A refusal is an answer, not a fault: only what broke is written down.
    "loggers": {"django.request": {"handlers": ["stderr"], "level": "ERROR", "propagate": False}},
}


def _by_openid(provider: IdentityProvider) -> dict[str, Any]:
    """A person is the one with the email that the provider has verified; nobody is made by signing in."""
    return {
        "APPS": [
            {
                "provider_id": "sso",
                "name": provider.name,
                "client_id": provider.client_id,
                "secret": provider.secret,
                "settings": {"server_url": provider.server_url},
            }
        ],
        "OAUTH_PKCE_ENABLED": True,
        "EMAIL_AUTHENTICATION": True,
        "EMAIL_AUTHENTICATION_AUTO_CONNECT": True,
    }


def _templates() -> Mapping[str, Any]:
    return {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": sorted(map(str, _HERE.glob("console/*/templates"))),
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": list(_CONTEXT), "builtins": ["rebond.console.tags"]},
    }


def _languages() -> dict[str, Any]:
    return {
        "USE_I18N": True,
        "LANGUAGE_CODE": "en",
        "FORMAT_MODULE_PATH": ["rebond.console.formats"],
        "LANGUAGES": list(LANGUAGES),
        "LOCALE_PATHS": sorted(map(str, _HERE.glob("console/*/locale"))),
    }


def _cookies(*, secure: bool) -> dict[str, Any]:
    return {
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_AGE": 60 * 60 * 12,
        "CSRF_COOKIE_SECURE": secure,
        "CSRF_COOKIE_SAMESITE": "Lax",
        "CSRF_FAILURE_VIEW": "rebond.web.errors.csrf_failure",
        "LANGUAGE_COOKIE_SECURE": secure,
        "LANGUAGE_COOKIE_SAMESITE": "Lax",
        "SECURE_HSTS_SECONDS": 60 * 60 * 24 * 365 if secure else 0,
        "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https") if secure else None,
        "SECURE_REFERRER_POLICY": "same-origin",
        "X_FRAME_OPTIONS": "DENY",
    }


def _accounts() -> dict[str, Any]:
    return {
        "AUTHENTICATION_BACKENDS": ["allauth.account.auth_backends.AuthenticationBackend"],
        "PASSWORD_HASHERS": ["django.contrib.auth.hashers.Argon2PasswordHasher"],
        "AUTH_PASSWORD_VALIDATORS": [
            {"NAME": f"django.contrib.auth.password_validation.{name}"}
            for name in ("UserAttributeSimilarityValidator", "CommonPasswordValidator", "NumericPasswordValidator")
        ]
        + [
            {
                "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
                "OPTIONS": {"min_length": 12},
            }
        ],
        "LOGIN_URL": "account_login",
        "LOGIN_REDIRECT_URL": "home",
        "ACCOUNT_ADAPTER": "rebond.console.accounts.ClosedAccounts",
        "ACCOUNT_LOGIN_METHODS": {"username", "email"},
        "ACCOUNT_EMAIL_VERIFICATION": "none",
        "ACCOUNT_SIGNUP_FIELDS": ["username*", "password1*"],
        "ACCOUNT_LOGOUT_REDIRECT_URL": "account_login",
        "ACCOUNT_RATE_LIMITS": {"login_failed": "10/m/ip,5/300s/key"},
        "ACCOUNT_SESSION_REMEMBER": False,
        "ACCOUNT_LOGIN_ON_PASSWORD_RESET": True,
        # Nobody makes this site write to addresses of their choice.
        "ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS": False,
        "ACCOUNT_FORMS": {"login": "rebond.console.sign_in.ShortNames"},
        "SOCIALACCOUNT_ADAPTER": "rebond.console.accounts.KnownPeopleOnly",
        "SOCIALACCOUNT_LOGIN_ON_GET": False,
        "MFA_SUPPORTED_TYPES": ["totp", "webauthn", "recovery_codes"],
        "MFA_PASSKEY_LOGIN_ENABLED": True,
        "MFA_TOTP_ISSUER": "Rebond",
        "PASSWORD_RESET_TIMEOUT": 60 * 60 * 24 * 3,
    }
