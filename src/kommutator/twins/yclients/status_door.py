"""Where operators tell what became of messages: `/smsprovider/status/callback/{partner_token}`."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from kommutator.twins.spoil import answer_with_fault
from kommutator.twins.yclients.operator_channel import STATUS_PATH
from kommutator.twins.yclients.world import World


class StatusDoor:
    """A door beside the API: no pace, no envelope; faults may be ordered for its path."""

    def __init__(self, world: World) -> None:
        self._world = world

    def add_to(self, app: web.Application) -> None:
        """Register the path."""
        app.router.add_post(f"{STATUS_PATH}/{{token}}", self.serve)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Take a list of statuses."""
        core = self._world.core
        rule = core.faults.take(request.method, "", request.path)

        async def proceed() -> web.Response:
            return await self._take(request)

        if rule is None:
            return await proceed()
        return await answer_with_fault(rule, core.clock, request, proceed)

    async def _take(self, request: web.Request) -> web.Response:
        if self._world.partner_of(request.match_info["token"]) is None:
            return web.json_response({"success": False}, status=404)
        try:
            rows = await request.json()
        except ValueError:
            rows = None
        if not _well_formed(rows):
            return web.json_response({"success": False}, status=422)
        self._world.outside.operator.statuses(rows)
        return web.json_response({"success": True})


def _well_formed(rows: Any) -> bool:
    return isinstance(rows, list) and all(
        isinstance(row, dict) and "id" in row and isinstance(row.get("status"), int) for row in rows
    )
