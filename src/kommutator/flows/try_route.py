"""Whose phone would ring? As `flows/route.py` decides, by rules that need not be saved.

Nothing is written: a try is no call, and nobody is looked up in the CRM because of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kommutator.domain.connection import Account
from kommutator.domain.owners import gather
from kommutator.domain.redirect import RouteAnswer, decide_route
from kommutator.domain.routing import read_routing
from kommutator.flows.directory import Directory
from kommutator.kit.clock import Clock
from kommutator.kit.phones import to_e164
from kommutator.kit.zones import zone

if TYPE_CHECKING:
    from kommutator.store.database import Database

_NO_CALL = ""


async def try_route(
    db: Database,
    directory: Directory,
    pbx: Account,
    *,
    clock: Clock,
    routing: Mapping[str, Any],
    caller: str,
    line: str,
) -> RouteAnswer:
    """What the PBX would be told at this moment.

    Args:
        routing: the `routing` part of the connection's config, saved or not.
        caller, line: as a person writes them; an empty caller hides the number.
    """
    region = str(pbx.config.get("region") or "RU")
    number = to_e164(caller, region)
    accounts = await directory.accounts(pbx.enterprise)
    async with db.unit() as unit:
        facts = await unit.routes.facts(pbx.enterprise, number, _NO_CALL)
    return decide_route(
        gather(facts.entry, accounts, facts.numbers, facts.states),
        read_routing({"routing": routing}, region),
        caller=number,
        line=to_e164(line, region) or line,
        at=clock.now().astimezone(zone(pbx.time_zone)),
    )
