"""Choices that a browser remembers: language and enterprise. No secrets."""

from __future__ import annotations

from fastapi import Response

from kommutator.settings import Settings

LOCALE_COOKIE = "kommutator_locale"
ENTERPRISE_COOKIE = "kommutator_enterprise"
_YEAR_S = 365 * 24 * 3600


def remember(response: Response, settings: Settings, name: str, value: str) -> None:
    """For a year; an empty value forgets. Works inside the CRM's frame over https."""
    seconds = _YEAR_S if value else 0
    parts = [f"{name}={value}", "Path=/", f"Max-Age={seconds}", "HttpOnly"]
    parts += ["Secure", "SameSite=None", "Partitioned"] if settings.https else ["SameSite=Lax"]
    response.headers.append("set-cookie", "; ".join(parts))
