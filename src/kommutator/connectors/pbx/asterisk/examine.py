"""A PBX's check-up: one short session that changes nothing. Implements `domain.PbxExaminer`."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterable
from typing import Any, Final

from kommutator.connectors.pbx.asterisk.address import AmiAddress
from kommutator.connectors.pbx.asterisk.errors import ActionRefused, AmiError, LoginRefused
from kommutator.connectors.pbx.asterisk.pending import ITEMS
from kommutator.connectors.pbx.asterisk.session import AmiSession
from kommutator.connectors.pbx.asterisk.ssh_address import SshAddress
from kommutator.connectors.pbx.asterisk.ssh_probe import probe_ssh
from kommutator.domain.connection import Account, by_ssh
from kommutator.domain.finding import PbxFacts
from kommutator.kit.clock import Clock
from kommutator.kit.errors import InvalidInput, VendorError

_LIMIT_S: Final = 4.0
_NEVER_S: Final = 3600.0
_GONE: Final = ("unavailable", "unknown", "invalid")


class AsteriskExaminer:
    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock

    async def examine(self, account: Account, contexts: Iterable[str]) -> PbxFacts:
        """Never raises for the PBX's doing: that is in `trouble`."""
        if by_ssh(account):
            return await _by_ssh(account)
        try:
            address = AmiAddress.of(account)
            tls = await asyncio.to_thread(address.tls_context)
            session = await AmiSession.open(
                address, tls, _ignore, clock=self._clock, limit_s=_LIMIT_S, ping=_NEVER_S
            )
        except InvalidInput as error:
            return PbxFacts(trouble=error.code)
        except AmiError as error:
            return PbxFacts(trouble=str(error), refused=isinstance(error, LoginRefused))
        try:
            return await _Examination(session).facts(contexts)
        except AmiError as error:
            return PbxFacts(trouble=str(error))
        finally:
            await session.close("examined")


async def _by_ssh(account: Account) -> PbxFacts:
    try:
        probe = await probe_ssh(SshAddress.of(account), account.config)
    except (InvalidInput, VendorError) as error:
        return PbxFacts(trouble=str(error), blind=True)
    if probe.missing_scopes:
        return PbxFacts(trouble=", ".join(probe.missing_scopes), refused=True, blind=True)
    if not probe.ok:
        return PbxFacts(trouble=probe.message, refused=True, blind=True)
    return PbxFacts(version=str(probe.details.get("version", "")), blind=True)


class _Examination:
    """One session's questions; a refused one leaves its answer open."""

    def __init__(self, session: AmiSession) -> None:
        self._session = session
        self._numbers = itertools.count(1)

    async def facts(self, contexts: Iterable[str]) -> PbxFacts:
        may = await self._ask("ListCommands") or {}
        settings = await self._ask("CoreSettings") or {}
        ping = await self._ask("Ping") or {}
        general = await self._general()
        return PbxFacts(
            version=str(settings.get("AsteriskVersion", "")),
            may=frozenset(may),
            clock=_number(ping.get("Timestamp")),
            contexts=await self._contexts(contexts),
            stamps=None if general is None else _yes(general.get("timestampevents")),
            channelvars=None if general is None else _names(general.get("channelvars")),
            phones=await self._phones(),
        )

    async def _general(self) -> dict[str, str] | None:
        """`[general]` of manager.conf, the only part asked for: the others hold secrets."""
        answer = await self._ask("GetConfig", Filename="manager.conf", Category="general")
        if answer is None:
            return None
        lines = (str(value) for name, value in answer.items() if name.startswith("Line-"))
        pairs = (line.partition("=") for line in lines)
        return {name.strip().lower(): value.strip() for name, _, value in pairs}

    async def _contexts(self, wanted: Iterable[str]) -> frozenset[str] | None:
        """ShowDialPlan answers an error for a context that does not exist."""
        found = []
        for context in wanted:
            try:
                await self._action("ShowDialPlan", Context=context)
            except ActionRefused as refusal:
                if "permission" in str(refusal).lower():
                    return None
            else:
                found.append(context)
        return frozenset(found)

    async def _phones(self) -> dict[str, bool] | None:
        answer = await self._ask("PJSIPShowEndpoints")
        if answer is None:
            return None
        return {
            str(item["ObjectName"]): str(item.get("DeviceState", "")).lower() not in _GONE
            for item in answer.get(ITEMS, [])
            if item.get("ObjectName")
        }

    async def _ask(self, action: str, **fields: str) -> dict[str, Any] | None:
        try:
            return await self._action(action, **fields)
        except ActionRefused:
            return None

    async def _action(self, action: str, **fields: str) -> dict[str, Any]:
        request = [("Action", action), *fields.items()]
        return await self._session.action(request, f"look-{next(self._numbers)}")


def _number(text: Any) -> float | None:
    try:
        return float(str(text))
    except ValueError:
        return None


def _yes(value: str | None) -> bool:
    return (value or "").lower() in ("yes", "true", "y", "t", "1", "on")


def _names(value: str | None) -> frozenset[str]:
    return frozenset(name.strip() for name in (value or "").split(",") if name.strip())


def _ignore(_event: dict[str, Any]) -> None:
    """Events are no news for a look."""
