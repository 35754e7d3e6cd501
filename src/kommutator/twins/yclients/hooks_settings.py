"""`/api/v1/hooks_settings/{company}`: the WebHook page of a salon (§1.10)."""

from __future__ import annotations

from kommutator.twins.yclients.call import Call, Route
from kommutator.twins.yclients.replies import Answer, invalid
from kommutator.twins.yclients.subscriptions import MOST_URLS, read_settings


def show(call: Call) -> Answer:
    """`GET`: one setting for all URLs."""
    return Answer(call.world.outside.hooks.of(call.company.id).api_view())


def replace(call: Call) -> Answer:
    """`POST`: replaces everything, the URLs of others too."""
    try:
        settings = read_settings(call.item())
    except ValueError:
        raise invalid(urls=f"Не больше {MOST_URLS} разных адресов") from None
    call.world.outside.hooks.settings[call.company.id] = settings
    return Answer(settings.api_view(), status=201)


ROUTES = (
    Route(
        "GET",
        "/api/v1/hooks_settings/{company}",
        show,
        user=True,
        right="settings.webhook_read_access",
    ),
    Route(
        "POST",
        "/api/v1/hooks_settings/{company}",
        replace,
        user=True,
        right="settings.webhook_read_access",
    ),
)
