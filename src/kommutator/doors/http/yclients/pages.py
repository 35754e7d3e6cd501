"""Pages that stand inside YClients' cabinet: framed by it, and by nobody else."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import structlog
from fastapi import Request, Response

from kommutator.doors.console.render import problem_page
from kommutator.doors.console.visit import PageRoute, stranger
from kommutator.doors.http.auth import house_of
from kommutator.doors.http.frame import allow_framing_by_cabinet
from kommutator.doors.http.wording import person_error
from kommutator.kit.errors import TooMany, UserError, VendorError

_log = structlog.get_logger()


class CabinetRoute(PageRoute):
    """Errors are pages, too; none of them sends a person away to sign in by itself."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        inner = super().get_route_handler()

        async def framed(request: Request) -> Response:
            allow_framing_by_cabinet(request, house_of(request).settings)
            try:
                return await inner(request)
            except VendorError as error:
                _log.warning("yclients.page_failed", hint=error.hint, kind=error.kind.value)
                told: UserError = person_error(error)
                if error.retry_after:
                    told = TooMany(
                        "vendor_asks_to_wait",
                        retry_after=error.retry_after,
                        message=error.message,
                    )
                return problem_page(await stranger(request), told, hint=error.hint)

        return framed
