"""How the assistant works for an enterprise: shown, changed, switched on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

from kommutator.domain.assistant.settings import (
    KEY,
    AssistantSettings,
    checked_settings,
    read_settings,
)
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Permission
from kommutator.flows.converse.own_words import OwnWords

if TYPE_CHECKING:
    from kommutator.store.database import Database
    from kommutator.store.unit import Unit


class KeepAssistant:
    """`own_words`: checks what a tenant puts in their own words."""

    def __init__(self, db: Database, own_words: OwnWords) -> None:
        self._db = db
        self.own_words = own_words

    async def of(self, enterprise: EnterpriseNumber) -> AssistantSettings:
        async with self._db.single() as unit:
            return read_settings((await unit.enterprises.get(enterprise)).settings)

    async def save(
        self, actor: Actor, enterprise: EnterpriseNumber, given: Mapping[str, Any]
    ) -> AssistantSettings:
        """What is not given becomes the default.

        Raises InvalidInput: see `checked_settings` and `OwnWords.checked`.
        """
        actor.demand(Permission.CONFIGURE, enterprise)
        settings = checked_settings(given)
        self.own_words.check(settings.texts)
        async with self._db.unit() as unit:
            await _put(unit, enterprise, settings)
            detail = {"on": settings.on, "brain": settings.brain}
            await unit.audit.add(
                enterprise, actor=actor.name, action="assistant.settings", detail=detail
            )
        return settings


async def switch_on(unit: Unit, enterprise: EnterpriseNumber, salon: UUID) -> None:
    """The assistant begins in this salon, unless somebody said already that it shall not."""
    stored = await unit.enterprises.update(enterprise)  # also keeps others waiting
    settings = read_settings(stored.settings)
    if str(salon) in settings.salons or settings.on:
        return
    salons = {**settings.salons, str(salon): True}
    await _put(unit, enterprise, msgspec.structs.replace(settings, salons=salons))


async def _put(unit: Unit, enterprise: EnterpriseNumber, settings: AssistantSettings) -> None:
    await unit.enterprises.update(enterprise, settings={KEY: msgspec.to_builtins(settings)})
