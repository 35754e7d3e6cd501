"""Tells subscribers what happened in a salon (§1.10)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kommutator.twins.yclients.applications import ACTIVE, FREEZED, Connection
from kommutator.twins.yclients.changes import Change
from kommutator.twins.yclients.hook_data import hook_data
from kommutator.twins.yclients.letters import HOOK, Letter, Manner
from kommutator.twins.yclients.subscriptions import HookSettings

if TYPE_CHECKING:
    from kommutator.twins.yclients.courier import Courier
    from kommutator.twins.yclients.market import Market
    from kommutator.twins.yclients.world import World

Json = dict[str, Any]

SCHEDULE = "schedule"


class HookNews:
    """The settings of all salons, and the way from a change to letters."""

    def __init__(self, world: World, market: Market, courier: Courier) -> None:
        self._world = world
        self._market = market
        self._courier = courier
        # By the salon's id.
        self.settings: dict[int, HookSettings] = {}

    def of(self, company_id: int) -> HookSettings:
        """The WebHook page of a salon."""
        return self.settings.setdefault(company_id, HookSettings())

    def urls(self, company_id: int, resource: str) -> list[str]:
        """Who is told of this kind of thing in a salon now, each once."""
        switches = self._world.switches
        if resource == SCHEDULE and not switches.hook_schedule:
            return []
        settings = self.of(company_id)
        found = list(settings.urls) if settings.wants(resource) else []
        for connection in self._connections(company_id):
            found += connection.webhook_urls
        return list(dict.fromkeys(found))

    def changed(self, change: Change) -> None:
        """Listen to the world."""
        switches, company = self._world.switches, change.company
        if change.partner is not None and not switches.hook_self_echo:
            return
        urls = self.urls(company.id, change.resource)
        if not urls:
            return
        body = {
            "company_id": company.id,
            "resource": change.resource,
            "resource_id": change.id,
            "status": change.status,
            "data": hook_data(self._world, change),
        }
        for url in urls:
            self._send(company.id, change.resource, url, body)

    def _send(self, company_id: int, resource: str, url: str, body: Json) -> None:
        def stands() -> bool:
            return url in self.urls(company_id, resource)

        letter = Letter(HOOK, company_id, url, body, stands=stands)
        self._courier.submit(letter, self._manner())

    def _connections(self, company_id: int) -> list[Connection]:
        told = {ACTIVE} if self._world.switches.hook_freeze_stops else {ACTIVE, FREEZED}
        pairs = (
            self._market.connection(application, company_id)
            for application in self._market.applications.values()
        )
        return [connection for connection in pairs if connection.status in told]

    def _manner(self) -> Manner:
        switches = self._world.switches
        return Manner(
            delay=switches.hook_delay_seconds,
            patience=switches.hook_answer_seconds,
            retries=switches.hook_retries,
            retry_after=switches.hook_retry_seconds,
            loss=switches.hook_loss,
            duplicate=switches.hook_duplicate,
            reorder=switches.hook_reorder,
        )
