"""The language model of an enterprise: shown, connected, tried, taken away; its key and budget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
import structlog

from kommutator.domain.assistant.model import (
    ModelSettings,
    ModelSetup,
    ModelTried,
    checked_key,
    checked_model,
    same_place,
)
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Permission
from kommutator.kit.crypto import Place, Vault, VaultError
from kommutator.kit.errors import InvalidInput, NotFound
from kommutator.kit.redact import Redactor, mask
from kommutator.store.language_models import ModelDay, StoredModel

if TYPE_CHECKING:
    from kommutator.store.database import Database

_log = structlog.get_logger(__name__)


class TriesModel(Protocol):
    """Asks the model once; never raises for anything that it does."""

    async def __call__(self, setup: ModelSetup) -> ModelTried: ...


@dataclass(frozen=True, slots=True)
class ModelShown:
    """For its page. `key`: its last four characters at most; empty: it has none."""

    settings: ModelSettings
    key: str
    today: ModelDay


class LanguageModels:
    """Also what the brain asks for: `ready`, `begin_turn`, `spent`.

    Args:
        most_turns: a day, of one enterprise, whatever its own settings say.
    """

    def __init__(
        self,
        db: Database,
        vault: Vault,
        redactor: Redactor,
        tries: TriesModel,
        *,
        most_turns: int,
    ) -> None:
        self._db = db
        self._vault = vault
        self._redactor = redactor
        self._tries = tries
        self._most_turns = most_turns

    # --- its page --------------------------------------------------------------------------------

    async def show(self, actor: Actor, enterprise: EnterpriseNumber) -> ModelShown | None:
        """None: none is connected."""
        actor.demand(Permission.CONFIGURE, enterprise)
        async with self._db.unit() as unit:
            stored = await unit.language_models.get(enterprise)
            today = await unit.language_models.today(enterprise)
        if stored is None:
            return None
        key = self._key(stored)
        return ModelShown(_settings(stored), mask(key) if key else "", today)

    async def save(
        self,
        actor: Actor,
        enterprise: EnterpriseNumber,
        given: Mapping[str, Any],
        key: str | None = None,
    ) -> None:
        """What is not given becomes the default.

        Args:
            given: fields of `ModelSettings`.
            key: empty: it wants none; None: the stored one stays, for the same address only, so
                that nobody has a key that they cannot read sent to a place of their own.

        Raises InvalidInput: see `checked_model`; `secret_invalid`; `llm_key_again`.
        """
        actor.demand(Permission.CONFIGURE, enterprise)
        settings = checked_model(given)
        async with self._db.unit() as unit:
            stored = await unit.language_models.get(enterprise)
            sealed = None
            if key is not None:
                key = checked_key(key)
                sealed = self._vault.seal(key, place_of_key(enterprise)) if key else None
            elif stored is not None and stored.sealed_key is not None:
                if not same_place(_settings(stored), settings):
                    raise InvalidInput("llm_key_again")
                sealed = stored.sealed_key
            await unit.language_models.put(enterprise, msgspec.to_builtins(settings), sealed)
            detail = {"base_url": settings.base_url, "model": settings.model}
            await unit.audit.add(
                enterprise, actor=actor.name, action="assistant.llm", detail=detail
            )

    async def remove(self, actor: Actor, enterprise: EnterpriseNumber) -> None:
        """With its key; the rules answer from now on. Nothing happens if there is none."""
        actor.demand(Permission.CONFIGURE, enterprise)
        async with self._db.unit() as unit:
            if await unit.language_models.remove(enterprise):
                await unit.audit.add(
                    enterprise, actor=actor.name, action="assistant.llm_removed", detail={}
                )

    async def test(self, actor: Actor, enterprise: EnterpriseNumber) -> ModelTried:
        """Ask the stored model a small thing. It counts as a turn of the day.

        Raises NotFound: `llm_not_connected`; InvalidInput: `llm_day_spent`.
        """
        actor.demand(Permission.CONFIGURE, enterprise)
        setup = await self.ready(enterprise)
        if setup is None:
            raise NotFound("llm_not_connected")
        if not await self.begin_turn(setup):
            raise InvalidInput("llm_day_spent")
        return await self._tries(setup)

    # --- what the brain asks for -----------------------------------------------------------------

    async def ready(self, enterprise: EnterpriseNumber) -> ModelSetup | None:
        """None: none is connected, or its key cannot be opened."""
        async with self._db.single() as unit:
            stored = await unit.language_models.get(enterprise)
        if stored is None:
            return None
        try:
            key = self._key(stored)
        except VaultError:
            _log.error("model_key_unreadable", enterprise=enterprise)
            return None
        self._redactor.register(key)
        return ModelSetup(enterprise, _settings(stored), stored.version, key)

    async def begin_turn(self, setup: ModelSetup) -> bool:
        """Count one more turn of today. False: the day's turns are used up."""
        most = min(setup.settings.turns_per_day, self._most_turns)
        async with self._db.single() as unit:
            return await unit.language_models.begin_turn(setup.enterprise, most)

    async def spent(self, setup: ModelSetup, tokens_in: int, tokens_out: int) -> None:
        async with self._db.single() as unit:
            await unit.language_models.spent(setup.enterprise, tokens_in, tokens_out)

    def _key(self, stored: StoredModel) -> str:
        if stored.sealed_key is None:
            return ""
        return self._vault.open(stored.sealed_key, place_of_key(stored.enterprise))


def place_of_key(enterprise: EnterpriseNumber) -> Place:
    """The one place where the key of an enterprise's model opens."""
    return Place(str(enterprise), "language_models", str(enterprise), "key")


def _settings(stored: StoredModel) -> ModelSettings:
    return msgspec.convert(stored.settings, ModelSettings)
