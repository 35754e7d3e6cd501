"""What the flows ask of the outer world. Connectors implement these; twins prove them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from kommutator.domain.commands import Command
from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.outcome import Budget, Outcome, Patience


@dataclass(frozen=True, slots=True)
class Due:
    """One command whose turn has come.

    Attributes:
        id: the outbox row; also the idempotency key towards vendors that take one.
        attempt: 1 for the first try.
        unsure: an earlier attempt may have reached the vendor: look before writing again.
    """

    id: int
    key: str
    command: Command
    attempt: int
    unsure: bool
    created_at: datetime


class Delivery(Protocol):
    """How commands of one kind of connection reach the vendor."""

    kind: ConnectionKind

    def concurrency(self, account: Account) -> int:
        """How many requests this account gets at once."""
        ...

    def patience(self, command: Command) -> Patience: ...

    def budgets(self, account: Account, command: Command) -> Sequence[Budget]:
        """Every allowance one request for this command draws from."""
        ...

    def batch_limit(self, command: Command) -> int:
        """How many commands of this kind fit into one request; 1 means alone."""
        ...

    async def deliver(self, account: Account, batch: Sequence[Due]) -> Sequence[Outcome]:
        """Try once; one outcome per command, in order. Never raises for a vendor's doing."""
        ...


class Turn(Protocol):
    """A vendor's allowance, for whoever asks outside the lanes; the lanes draw from the same."""

    async def __call__(self, budgets: Sequence[Budget]) -> None:
        """Wait until one request may leave under all these budgets.

        Raises:
            TooMany: that would take too long.
        """
        ...

    async def hold(self, budgets: Sequence[Budget], seconds: float) -> None:
        """The vendor asked to slow down: give nothing from these budgets, to anybody."""
        ...

    async def late(self, budgets: Sequence[Budget], seconds: float) -> None:
        """A request left so long after its turn: whoever comes next waits as much longer."""
        ...


@dataclass(frozen=True, slots=True)
class Employee:
    """A user of the CRM."""

    id: str
    name: str
    email: str | None = None
    status: str | None = None  # free, busy, dinner, break
    active: bool = True
    code: str | None = None  # the extension the CRM has for this user


@dataclass(frozen=True, slots=True)
class Site:
    """A shop of the CRM account."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Person:
    """A client as the CRM knows them, for pop-ups and the phone book."""

    phone: str
    name: str | None = None
    customer_id: str | None = None
    responsible_id: str | None = None  # CRM user
    responsible_code: str | None = None  # that user's extension in the CRM
    links: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PersonPage:
    """One page of a CRM's clients.

    Attributes:
        people: one for each number that can be called, in E.164.
        pages: how many pages there are, as the CRM counts now.
        clients: how many clients this page had, those without a number too.
        pause_s: how long to leave the CRM to the calls before asking for the next page.
    """

    people: Sequence[Person]
    pages: int
    clients: int
    pause_s: float


@dataclass(frozen=True, slots=True)
class Probe:
    """What a connection test found out. `missing_scopes` empty and `ok` true means ready."""

    ok: bool
    message: str
    missing_scopes: tuple[str, ...] = ()
    time_zone: str | None = None
    sites: tuple[Site, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Registration:
    """What we tell the CRM about ourselves. URLs are public and absolute."""

    client_id: str
    account_url: str
    base_url: str
    make_call_url: str
    presence_url: str
    logo_url: str
    codes: Mapping[str, str]  # CRM user id → extension
    lines: Mapping[str, str]  # company number → site code
    active: bool = True
    hook_url: str = field(default="", repr=False)  # where notices of changes come in; a secret


@dataclass(frozen=True, slots=True)
class Difference:
    """What the CRM holds otherwise than it was sent; free of secrets.

    Attributes:
        field: the vendor's name of it; the catalogs have `difference.<field>`.
        key: whose row, where the field is a table.
    """

    field: str
    sent: str | bool | None
    held: str | bool | None
    key: str | None = None

    def __str__(self) -> str:
        """For logs, in no language."""
        name = self.field if self.key is None else f"{self.field}[{self.key}]"
        return f"{name}: {self.sent!r} ≠ {self.held!r}"


@dataclass(frozen=True, slots=True)
class RegistrationReport:
    """The module as the CRM really holds it after the edit, read back.

    `differences` lists what did not stick; empty means verified.
    """

    verified: bool
    codes: Mapping[str, str]
    unknown_users: tuple[str, ...] = ()
    unknown_sites: tuple[str, ...] = ()
    differences: tuple[Difference, ...] = ()
    request: Mapping[str, Any] = field(default_factory=dict)
    response: Mapping[str, Any] = field(default_factory=dict)


class Prober(Protocol):
    """Anything whose connection can be tested before it is relied on. Raises `VendorError`."""

    async def probe(self, account: Account) -> Probe: ...


class CrmDesk(Protocol):
    """The unhurried side of a CRM: set-up, people and look-ups. Raises `VendorError`."""

    kind: ConnectionKind

    def allowances(self, account: Account) -> Sequence[str]:
        """Keys of the vendor's own limits that requests for this account draw from."""
        ...

    async def probe(self, account: Account) -> Probe: ...
    async def register(
        self, account: Account, registration: Registration
    ) -> RegistrationReport: ...
    async def deactivate(
        self, account: Account, registration: Registration
    ) -> RegistrationReport: ...
    async def read_codes(self, account: Account) -> Mapping[str, str]:
        """CRM user id → extension, as the CRM holds it now."""
        ...

    async def employees(self, account: Account) -> Sequence[Employee]:
        """All of them, every page, whatever their status."""
        ...

    async def set_status(self, account: Account, user_id: str, status: str) -> None: ...
    async def person(self, account: Account, phone: str) -> Person | None: ...
    async def people(self, account: Account, page: int) -> PersonPage:
        """All clients, page by page from 1; one that is made meanwhile may show up twice."""
        ...


class PbxLink(Protocol):
    """A live connection to one PBX. Exists only while its lane is ours."""

    async def originate(self, due: Due, account: Account) -> Outcome: ...
    def messages(self) -> AsyncIterator[Mapping[str, Any]]:
        """Raw events in order of arrival."""
        ...
