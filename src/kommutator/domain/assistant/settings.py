"""How the assistant works for an enterprise: `enterprises.settings["assistant"]`. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec

from kommutator.kit.errors import InvalidInput

KEY: Final = "assistant"
"""In the enterprise's settings."""


class Debounce(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Clients write in pieces; how long their last message may have a next one.

    Attributes:
        quiet_s: after the last message, and after the client was last seen typing.
        longest_s: after the first of them a turn is taken, come what may.
    """

    quiet_s: Annotated[float, msgspec.Meta(ge=0, le=60)] = 3.5
    longest_s: Annotated[float, msgspec.Meta(ge=0, le=120)] = 12.0


class Aliases(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The salon's own words: the vendor's id, as text → how clients call it, too."""

    services: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    staff: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)


class AssistantSettings(
    msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True
):
    """Off by default: whoever has connected a messenger for notices does not expect a bot there.

    Attributes:
        on: in every salon that `salons` does not name.
        salons: id of the salon's connection → on or off there.
        pause_hours: how long the bot is silent after a person took over.
        texts: the tenant's own words instead of the catalog's, by slug.
    """

    on: bool = False
    salons: dict[str, bool] = msgspec.field(default_factory=dict)
    brain: Literal["rules", "llm"] = "rules"
    pause_hours: Annotated[float, msgspec.Meta(gt=0, le=720)] = 12.0
    debounce: Debounce = Debounce()
    aliases: Aliases = msgspec.field(default_factory=Aliases)
    texts: dict[str, str] = msgspec.field(default_factory=dict)

    def works_in(self, salon: UUID) -> bool:
        return self.salons.get(str(salon), self.on)


def read_settings(stored: Mapping[str, Any]) -> AssistantSettings:
    """Of an enterprise's settings; what no version of ours wrote counts as off."""
    try:
        return msgspec.convert(stored.get(KEY) or {}, AssistantSettings)
    except msgspec.ValidationError:
        return AssistantSettings()


def checked_settings(given: Mapping[str, Any]) -> AssistantSettings:
    """Settings from outside. Raises InvalidInput: `assistant_settings_invalid` (`field`)."""
    try:
        return msgspec.convert(dict(given), AssistantSettings)
    except (msgspec.ValidationError, RecursionError) as error:
        found = re.search(r"`\$\.([a-z_.]+)", str(error))
        name = found[1] if found else KEY
        raise InvalidInput("assistant_settings_invalid", field=name) from None
