"""Settings of the messengers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from kommutator.kit.given import public_address
from kommutator.settings.handed import HandedSettings


class ChannelSettings(HandedSettings):
    """Where the messengers are; whose accounts are used, tenants say on their pages."""

    # --- Messengers ---
    telegram_api_url: Annotated[str, AfterValidator(public_address)] = Field(
        "https://api.telegram.org",
        description="Base of Telegram's Bot API; a proxy, or an own Bot API server.",
    )
    telegram_links_url: Annotated[str, AfterValidator(public_address)] = Field(
        "https://t.me", description="What links to bots begin with."
    )
    telegram_updates: Literal["auto", "webhook", "poll"] = Field(
        "auto",
        description="How news of bots reach us: brought by Telegram, asked for each second, or "
        "asked for where Telegram does not take our address.",
    )
    avito_api_url: Annotated[str, AfterValidator(public_address)] = Field(
        "https://api.avito.ru", description="Base of Avito's API."
    )
    whatsapp_cloud_api_url: Annotated[str, AfterValidator(public_address)] = Field(
        "https://graph.facebook.com/v26.0",
        description="Base of Meta's Graph API with its version, for official WhatsApp numbers.",
    )
    outreach: bool = Field(
        True,
        description="Send messages nobody asked for: reminders, reviews, offers. The switch for "
        "all tenants of a process; `kommutator outreach pause` needs no restart.",
    )
