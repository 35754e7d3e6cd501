"""How an enterprise writes to people unasked: `enterprises.settings["outreach"]`. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from kommutator.domain.connection import CHANNELS, ConnectionKind
from kommutator.domain.outreach.hours import Hours
from kommutator.domain.outreach.ladder import Caps
from kommutator.domain.outreach.wanted import OutreachKind
from kommutator.kit.errors import InvalidInput

KEY: Final = "outreach"
MOST_PER_DAY: Final = 1000
MOST_NEW_PER_DAY: Final = 40
USUAL_ORDER: Final = (
    ConnectionKind.WHATSAPP,
    ConnectionKind.WHATSAPP_CLOUD,
    ConnectionKind.TELEGRAM,
    ConnectionKind.AVITO,
)


class OutreachSettings(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What the tenant decides.

    Attributes:
        hours: by each salon's clock.
        order: messengers as they are tried; one that is left out is never used unasked.
        first_contact: a linked number, and by an approved template the official one, may remind
            people of their visits who never wrote to it.
        off: kinds of messages that are not sent.
    """

    on: bool = True
    hours: Hours = Hours()
    order: tuple[ConnectionKind, ...] = USUAL_ORDER
    caps: Caps = Caps()
    first_contact: bool = False
    off: tuple[OutreachKind, ...] = ()

    def sends(self, kind: OutreachKind) -> bool:
        return self.on and kind not in self.off


def read_settings(settings: Mapping[str, Any]) -> OutreachSettings:
    """Of an enterprise; what no version of ours wrote counts as switched off."""
    try:
        return msgspec.convert(settings.get(KEY) or {}, OutreachSettings)
    except msgspec.ValidationError:
        return OutreachSettings(on=False)


def dump_settings(settings: OutreachSettings) -> dict[str, Any]:
    """Into `enterprises.settings`: all of it, whatever is the default today."""
    return {field: msgspec.to_builtins(getattr(settings, field)) for field in _FIELDS}


def checked_settings(given: Mapping[str, Any]) -> OutreachSettings:
    """From outside. Raises InvalidInput: `outreach_settings_invalid` (`field`)."""
    try:
        settings = msgspec.convert(dict(given), OutreachSettings, strict=True)
    except (msgspec.ValidationError, RecursionError) as error:
        found = re.search(r"`\$\.([a-z_]+)", str(error))
        field = found[1] if found else "outreach"
        raise InvalidInput("outreach_settings_invalid", field=field) from None
    wrong = _wrong(settings)
    if wrong is not None:
        raise InvalidInput("outreach_settings_invalid", field=wrong)
    return settings


def _wrong(settings: OutreachSettings) -> str | None:
    if not settings.hours.valid:
        return "hours"
    order = settings.order
    if not order or len(set(order)) < len(order) or not set(order) <= CHANNELS:
        return "order"
    caps = settings.caps
    fits = 0 <= caps.per_day <= MOST_PER_DAY and 0 <= caps.new_per_day <= MOST_NEW_PER_DAY
    return None if fits else "caps"


_FIELDS: Final = OutreachSettings.__struct_fields__
