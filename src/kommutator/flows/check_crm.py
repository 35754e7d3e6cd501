"""Check-up of an enterprise's CRM: the key, the registration, the allowance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kommutator.domain.connection import Account, ConnectionStatus
from kommutator.domain.finding import Finding, failed, fine, skipped, warned
from kommutator.domain.ports import CrmDesk
from kommutator.kit.errors import ErrorKind, Stage, UserError, VendorError
from kommutator.store.views.check_up import CheckUpViews

if TYPE_CHECKING:
    from kommutator.store.database import Database

_LONG_WAIT_S = 5.0


def absent() -> list[Finding]:
    return [skipped("crm", "not_connected"), skipped("crm_codes"), skipped("crm_allowance")]


async def key(desk: CrmDesk, account: Account) -> Sequence[Finding]:
    """The key opens the account and has its rights; then, whether the extensions agree."""
    if account.status is ConnectionStatus.BROKEN:
        return [failed("crm", "broken"), skipped("crm_codes")]
    try:
        probe = await desk.probe(account)
    except VendorError as error:
        word = "guarded" if _guarded(error) else "away"
        if error.kind is ErrorKind.ACCESS_REVOKED:
            word = "refused"
        return [failed("crm", word, reason=error.message), skipped("crm_codes")]
    except UserError as error:  # our own pace: the vendor was not asked
        return [warned("crm", "later", reason=error.code), skipped("crm_codes")]
    if probe.missing_scopes:
        scopes = ", ".join(probe.missing_scopes)
        return [failed("crm", "scopes", scopes=scopes), skipped("crm_codes")]
    optional = probe.details.get("optional_scopes_missing") or ()
    if optional:
        answer = warned("crm", "optional", scopes=", ".join(optional))
    elif account.status is not ConnectionStatus.ACTIVE:
        answer = warned("crm", "off")
    else:
        answer = fine("crm", address=account.base_url)
    return [answer, await _codes(desk, account)]


async def allowance(db: Database, desk: CrmDesk, account: Account) -> Sequence[Finding]:
    """How long the next request would wait for the vendor's limits."""
    async with db.single() as unit:
        views = CheckUpViews(unit.connection)
        wait = await views.allowance_everywhere(desk.allowances(account))
    seconds = round(wait, 1)
    if wait > _LONG_WAIT_S:
        return [warned("crm_allowance", "spent", seconds=seconds)]
    return [fine("crm_allowance", seconds=seconds)]


async def _codes(desk: CrmDesk, account: Account) -> Finding:
    if account.status is not ConnectionStatus.ACTIVE:
        return skipped("crm_codes", "off")
    mapping = account.config.get("user_extensions") or {}
    ours = {user: number for user, number in mapping.items() if number}
    try:
        held = dict(await desk.read_codes(account))
    except VendorError as error:
        return failed("crm_codes", "unread", reason=error.message)
    except UserError as error:
        return warned("crm_codes", "unread", reason=error.code)
    differing = sorted(user for user in {*ours, *held} if ours.get(user) != held.get(user))
    if differing:
        return warned("crm_codes", "differ", n=len(differing), users=", ".join(differing[:8]))
    return fine("crm_codes", count=len(ours))


def _guarded(error: VendorError) -> bool:
    """Our own guard refused the address: the vendor was not asked."""
    refusals = ("insecure_url", "address_refused")
    return error.stage is Stage.BEFORE_SENDING and error.message.startswith(refusals)
