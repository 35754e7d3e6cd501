"""The limits: 7 requests a second of an integration in an account, 50 of an account (§1.3).

Counted by arrival over a true rolling second; a refused request counts too.
"""

from __future__ import annotations

from collections import Counter

from aiohttp import web

from kommutator.twins.amocrm.account import Account
from kommutator.twins.amocrm.replies import limit_block, limited
from kommutator.twins.amocrm.switches import Switches
from kommutator.twins.traffic import Traffic


class Pace:
    """Counts requests and refuses those above the limits."""

    def __init__(self, traffic: Traffic, switches: Switches) -> None:
        self._traffic = traffic
        self._switches = switches
        self._refused: Counter[str] = Counter()

    def clear(self, account: str | None = None) -> None:
        """Forget the refusals of one account or of all."""
        if account is None:
            self._refused.clear()
        else:
            self._refused.pop(account, None)

    def refusal(
        self, account: Account, client_id: str, *, monotonic: float, at: float, path: str
    ) -> web.Response | None:
        """Count one request; what to answer when it is one too many.

        `monotonic` in seconds of the clock nobody puts forward, `at` in epoch seconds.
        """
        switches = self._switches
        mine = self._traffic.second(f"{account.name} {client_id}", monotonic)
        all_together = self._traffic.second(account.name, monotonic)
        if not switches.rate_limits:
            return None
        if account.limit_blocked:
            self._note(account, at, "blocked", path)
            return limit_block()
        if mine <= switches.rate_per_second and all_together <= switches.account_rate_per_second:
            return None
        self._note(account, at, "rate", f"{mine}/s of {client_id}, {all_together}/s in all: {path}")
        self._refused[account.name] += 1
        account.limit_blocked = self._refused[account.name] >= switches.block_after
        return limited(switches.rate_reply, switches.retry_after)

    def _note(self, account: Account, at: float, kind: str, detail: str) -> None:
        self._traffic.violation(at=at, account=account.name, kind=kind, detail=detail)
