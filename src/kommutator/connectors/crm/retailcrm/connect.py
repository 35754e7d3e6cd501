"""Set-up, people and look-ups. Implements `domain.ports.CrmDesk`."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from kommutator.connectors.crm.retailcrm import module, reads
from kommutator.connectors.crm.retailcrm.client import Reply, RetailCrmClient, Turn, budgets_of
from kommutator.connectors.crm.retailcrm.errors import RetailCrmError
from kommutator.connectors.crm.retailcrm.manifest import (
    GENERAL_PER_SECOND,
    LIST_SHARE,
    MANIFEST,
    MODULE_CODE,
    MODULE_NAME,
    SCOPE_PATHS,
    USER_STATUSES,
)
from kommutator.connectors.crm.retailcrm.schemas import Credentials, Module
from kommutator.connectors.crm.retailcrm.trial import try_note
from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.finding import Trial
from kommutator.domain.ports import (
    Employee,
    Person,
    PersonPage,
    Probe,
    Registration,
    RegistrationReport,
)
from kommutator.kit.describe import MASK
from kommutator.kit.errors import InvalidInput
from kommutator.kit.http import HttpClient
from kommutator.kit.plain_json import as_map, texts_in

TIMEOUT_S = 10.0
T = TypeVar("T")


class RetailCrmDesk:
    """Everything about an account that is not the delivery of commands.

    Args:
        turn: asked before every request; the desk draws from the same budgets as the lanes.
        code: the module's code; one CRM account can hold one module of this code.
    """

    kind = ConnectionKind.RETAILCRM

    def __init__(
        self,
        http: HttpClient,
        *,
        turn: Turn,
        egress: str = "default",
        code: str = MODULE_CODE,
        name: str = MODULE_NAME,
    ) -> None:
        self._http = http
        self._turn = turn
        self._egress = egress
        self._code = code
        self._name = name

    def allowances(self, account: Account) -> Sequence[str]:
        shared = [budgets_of(account, self._egress, telephony=kind)[0] for kind in (True, False)]
        return [budget.key for budget in shared]

    async def probe(self, account: Account) -> Probe:
        """Test the key: its scopes, the account's time zone and shops. Changes nothing.

        `details["default_site"]` is what to offer as the connection's default shop: an account
        with several shops wants one named with every call.

        `message` is the slug of `hint.<slug>`: `probe_ready` or `scopes_missing`.

        Raises:
            VendorError: the address or the key does not work at all.
        """
        client = self._client(account)
        credentials = await client.credentials()
        missing = _missing(credentials, MANIFEST.scopes)
        allowed = credentials.sites if credentials.selective else None
        zone = await _unless_denied(reads.time_zone(client))
        shops = await _unless_denied(reads.shops(client, allowed)) or reads.Shops()
        return Probe(
            ok=not missing,
            message="scopes_missing" if missing else "probe_ready",
            missing_scopes=missing,
            time_zone=zone,
            sites=shops.sites,
            details={
                "optional_scopes_missing": _missing(credentials, MANIFEST.optional_scopes),
                "default_site": shops.default,
                "old_key": not credentials.scopes,
                "sites_restricted": credentials.selective,
            },
        )

    async def register(self, account: Account, registration: Registration) -> RegistrationReport:
        """Create or update our module, then read back what the CRM made of it.

        Raises:
            VendorError: the CRM refused the edit.
        """
        client = self._client(account, registration.client_id)
        current = await reads.module_or_none(client, self._code)
        return await self._write(client, account, current, registration)

    async def deactivate(self, account: Account, registration: Registration) -> RegistrationReport:
        """Switch the module off. The vendor has no delete: that is left to the CRM's user.

        Raises:
            VendorError: the CRM refused the edit.
        """
        client = self._client(account, registration.client_id)
        current = await reads.module_or_none(client, self._code)
        if current is None:
            return RegistrationReport(verified=True, codes={})
        return await self._write(client, account, current, replace(registration, active=False))

    async def read_codes(self, account: Account) -> Mapping[str, str]:
        current = await reads.module_or_none(self._client(account), self._code)
        return {} if current is None else current.codes

    async def employees(self, account: Account) -> Sequence[Employee]:
        codes = await self.read_codes(account)
        return await reads.employees(self._client(account), codes)

    async def set_status(self, account: Account, user_id: str, status: str) -> None:
        """`status` is one of free, busy, dinner, break.

        Raises:
            InvalidInput: `presence_unknown`.
            VendorError: the CRM refused.
        """
        if status not in USER_STATUSES:
            raise InvalidInput("presence_unknown", status=status)
        await self._client(account).set_user_status(user_id, status)

    async def person(self, account: Account, phone: str) -> Person | None:
        """Who has this number and who is responsible, whatever that employee's status.

        Raises:
            VendorError: the CRM refused.
        """
        return await reads.person(self._client(account), phone, _region(account))

    async def people(self, account: Account, page: int) -> PersonPage:
        """A hundred clients, newest first: one made meanwhile moves others on, hiding nobody.

        Raises:
            VendorError: the CRM refused.
        """
        return await reads.people(
            self._client(account), page, region=_region(account), pause_s=_pause(account)
        )

    async def try_record(self, account: Account, text: str) -> Trial:
        """Put a note on a client and take it away again.

        The API creates calls and deletes none, so a note stands for them: it needs the same
        right to write and can be deleted (`POST /customers/notes/create` and
        `/customers/notes/{id}/delete`, in the vendor's own PHP, Go and .NET clients).

        Raises:
            VendorError: the CRM refused; nothing is left behind.
        """
        return await try_note(self._client(account), text)

    def _client(self, account: Account, client_id: str | None = None) -> RetailCrmClient:
        if client_id is not None:  # masked in what we keep, as every secret of the account
            account = replace(account, secrets=account.secrets | {"client_id": client_id})
        return RetailCrmClient(
            self._http, account, turn=self._turn, egress=self._egress, timeout_s=TIMEOUT_S
        )

    async def _write(
        self,
        client: RetailCrmClient,
        account: Account,
        current: Module | None,
        registration: Registration,
    ) -> RegistrationReport:
        sent = module.wanted(
            current,
            registration,
            code=self._code,
            name=self._name,
            allow_edit=bool(account.config.get("allow_edit", False)),
        )
        reply = await client.edit_module(self._code, sent)
        held = await client.module(self._code)
        return _report(sent, reply, held)


def _region(account: Account) -> str:
    """Whose national numbers the cards hold; whoever asks may know it from the tenant's PBX."""
    named = account.config.get("region")
    return named if isinstance(named, str) and named else "RU"


def _pause(account: Account) -> float:
    """Seconds between pages, so that the read takes a small part and calls have the rest."""
    own = account.config.get("requests_per_second")
    rate = GENERAL_PER_SECOND
    if isinstance(own, int | float) and not isinstance(own, bool) and own > 0:
        rate = min(float(own), rate)
    return 1 / (rate * LIST_SHARE)


def _report(sent: Mapping[str, Any], reply: Reply, held: Module) -> RegistrationReport:
    info = as_map(reply.body.get("info"))
    users, sites = texts_in(info.get("notExistUsersIds")), texts_in(info.get("notExistSiteCodes"))
    unlike = module.differences(sent, held, users, sites)
    return RegistrationReport(
        verified=not unlike and not users and not sites,
        codes=held.codes,
        unknown_users=users,
        unknown_sites=sites,
        differences=unlike,
        request=dict(sent) | {"clientId": MASK},
        response=reply.exchange.response,
    )


def _missing(credentials: Credentials, scopes: tuple[str, ...]) -> tuple[str, ...]:
    """Scopes the key lacks; of an old key, those of which it lacks a path."""
    if credentials.scopes:
        return tuple(scope for scope in scopes if scope not in credentials.scopes)
    paths = {path.replace("/api/v5/", "/api/") for path in credentials.paths}
    return tuple(scope for scope in scopes if not paths.issuperset(SCOPE_PATHS[scope]))


async def _unless_denied(reading: Awaitable[T]) -> T | None:
    """A fact worth having, but not worth failing the test for when the key may not see it."""
    try:
        return await reading
    except RetailCrmError as error:
        if error.hint in ("scope_missing", "method_unknown"):
            return None
        raise
