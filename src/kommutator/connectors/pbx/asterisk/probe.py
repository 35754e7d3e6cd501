"""Will this PBX do? One short session that changes nothing."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from kommutator.connectors.pbx.asterisk.address import AmiAddress
from kommutator.connectors.pbx.asterisk.errors import ActionRefused, AmiError, LinkDown
from kommutator.connectors.pbx.asterisk.session import AmiSession
from kommutator.connectors.pbx.asterisk.ssh_address import SshAddress
from kommutator.connectors.pbx.asterisk.ssh_probe import probe_ssh
from kommutator.domain.connection import Account, ConnectionKind, by_ssh
from kommutator.domain.ports import Probe
from kommutator.kit.clock import Clock
from kommutator.kit.errors import ErrorKind, Stage, VendorError

_LIMIT_S: Final = 5.0
_NEVER_S: Final = 3600.0
_NEEDED: Final = ("Originate", "Hangup", "Status", "CoreShowChannels", "Ping")


class AsteriskDesk:
    """The unhurried side of a PBX: only the test of a connection."""

    kind = ConnectionKind.ASTERISK

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock

    async def probe(self, account: Account) -> Probe:
        """Log in and look which actions the user may use; `missing_scopes` are these actions.

        Raises:
            InvalidInput: `ami_address_invalid`, `ami_credentials_missing`, `tls_ca_invalid`, or
                those of `SshAddress.of`.
            VendorError: nobody answers there, or not an Asterisk.
        """
        if by_ssh(account):
            return await probe_ssh(SshAddress.of(account), account.config)
        address = AmiAddress.of(account)
        tls = await asyncio.to_thread(address.tls_context)
        try:
            session = await AmiSession.open(
                address, tls, _ignore, clock=self._clock, limit_s=_LIMIT_S, ping=_NEVER_S
            )
        except LinkDown as error:
            raise _silent(error) from error
        except AmiError as error:
            return Probe(ok=False, message=str(error))
        try:
            return await _ask(session)
        except AmiError as error:
            raise _silent(error) from error
        finally:
            await session.close("tested")


async def _ask(session: AmiSession) -> Probe:
    allowed = await session.action([("Action", "ListCommands")], "probe-1")
    missing = tuple(action for action in _NEEDED if action not in allowed)
    try:
        settings = await session.action([("Action", "CoreSettings")], "probe-2")
    except ActionRefused:  # needs the class "system" or "reporting"; the version is a courtesy
        settings = {}
    version = str(settings.get("AsteriskVersion", ""))
    return Probe(
        ok=not missing,
        message=f"Asterisk {version}".strip(),
        missing_scopes=missing,
        details={"version": version} if version else {},
    )


def _ignore(_event: dict[str, Any]) -> None:
    """Events are no news for a test."""


def _silent(error: AmiError) -> VendorError:
    return VendorError(
        ErrorKind.TRANSIENT, str(error), stage=Stage.BEFORE_SENDING, hint="pbx_link_down"
    )
