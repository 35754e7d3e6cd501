"""Trying again what was given up: one command, a choice, or a span of time.

Nothing of the history is edited. A replayed command waits its turn like any other, and what may
have reached the vendor before is looked for first.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.kit.errors import InvalidInput

if TYPE_CHECKING:
    from kommutator.store.database import Database

_MOST_IDS = 1000
_STATES = ("dead",)


class Replay:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def commands(
        self, enterprise: EnterpriseNumber, ids: Sequence[int], *, actor: str
    ) -> int:
        """These commands, those of them that were given up; returns how many are due again.

        Raises:
            InvalidInput: `too_many_ids` over 1000 in one go.
        """
        if len(ids) > _MOST_IDS:
            raise InvalidInput("too_many_ids", most=_MOST_IDS)
        async with self._db.unit() as unit:
            replayed = await unit.outbox.replay(enterprise, list(ids), states=_STATES)
            await unit.audit.add(
                enterprise,
                actor=actor,
                action="outbox.replay",
                detail={"ids": list(ids)[:50], "replayed": len(replayed)},
            )
        return len(replayed)

    async def span(
        self, enterprise: EnterpriseNumber, since: datetime, until: datetime, *, actor: str
    ) -> int:
        """All given-up commands created in [since, until).

        Raises:
            InvalidInput: `range_reversed`.
        """
        if since >= until:
            raise InvalidInput("range_reversed")
        async with self._db.unit() as unit:
            replayed = await unit.outbox.replay(
                enterprise, since=since, until=until, states=_STATES
            )
            await unit.audit.add(
                enterprise,
                actor=actor,
                action="outbox.replay",
                detail={
                    "since": since.isoformat(),
                    "until": until.isoformat(),
                    "replayed": len(replayed),
                },
            )
        return len(replayed)
