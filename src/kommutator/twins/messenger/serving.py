"""What every fake messenger is made of, and how its API is served."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from kommutator.twins.clock import ShiftedClock
from kommutator.twins.config import TwinsConfig
from kommutator.twins.core import TwinCore
from kommutator.twins.faults import CannedReply, FaultBook
from kommutator.twins.spoil import Proceed, answer_with_fault
from kommutator.twins.traffic import Traffic


def core_of(
    base_url: str, config: TwinsConfig, replies: Mapping[str, CannedReply]
) -> tuple[TwinCore, ShiftedClock]:
    """`replies`: what the vendor's own refusals look like, by the kind of fault."""
    clock = ShiftedClock(config.clock)
    faults = FaultBook(config.ids, replies)
    return TwinCore(base_url, clock, config.ids, faults, Traffic()), clock


async def served(
    core: TwinCore,
    request: web.Request,
    proceed: Proceed,
    *,
    account: str,
    path: str,
    aimed: str | None = None,
) -> web.StreamResponse:
    """Answer one request, or spoil it as ordered, and note it in the log of requests.

    Args:
        path: as the log shows it, without secrets and ids.
        aimed: what faults are ordered for, where that is not `path`.
    """
    core.traffic.arrived(account=account, method=request.method, path=path)
    rule = core.faults.take(request.method, account, aimed or path)
    answer: web.StreamResponse = (
        await answer_with_fault(rule, core.clock, request, proceed) if rule else await proceed()
    )
    cut = request.transport is None or request.transport.is_closing()
    core.traffic.answered(
        at=core.clock.now().timestamp(),
        account=account,
        method=request.method,
        path=path,
        status=0 if cut else answer.status,
    )
    core.bell.ring()
    return answer
