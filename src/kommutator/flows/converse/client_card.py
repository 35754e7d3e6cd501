"""Whoever one talks with: what the salon knows of them, and whether they may be written to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from kommutator.domain.assistant.ports import Client
from kommutator.domain.assistant.settings import read_settings
from kommutator.domain.connection import Account
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Permission
from kommutator.flows.converse.salon_of import Accounts
from kommutator.flows.converse.scene import SetScene, Who
from kommutator.flows.outreach.consents import Consents
from kommutator.kit.clock import Clock
from kommutator.kit.errors import KommutatorError
from kommutator.store.consents import Consent, chat_subject
from kommutator.store.views.inbox import TalkLine

if TYPE_CHECKING:
    from kommutator.store.database import Database


@dataclass(frozen=True, slots=True)
class ClientCard:
    """What whoever answers wants to see beside the talk.

    Attributes:
        salon: None: the talk's messenger speaks for none, or it was not read yet.
        client: None without a salon.
        client_id: of the salon's card; None: there is none.
        services, staff: id → name, those that are gone too.
        consent: what the client said of messages they did not ask for; None: nothing.
    """

    salon: Account | None = None
    client: Client | None = None
    client_id: int | None = None
    services: Mapping[int, str] = field(default_factory=dict)
    staff: Mapping[int, str] = field(default_factory=dict)
    consent: Consent | None = None


class ClientCards:
    """`scene`: None where no booking system was set up."""

    def __init__(
        self, db: Database, accounts: Accounts, scene: SetScene | None, *, clock: Clock
    ) -> None:
        self._db = db
        self._accounts = accounts
        self._scene = scene
        self._clock = clock
        self._consents = Consents(db, clock=clock)

    async def __call__(self, enterprise: EnterpriseNumber, talk: TalkLine) -> ClientCard:
        """From our copy; a salon that cannot be read leaves its part empty."""
        async with self._db.unit() as unit:
            consent = await unit.consents.of(
                enterprise, talk.phone or "", talk.connection_id, talk.chat_id
            )
        salon = await self._salon(enterprise, talk.salon)
        if salon is None or self._scene is None:
            return ClientCard(consent=consent)
        key = enterprise, salon.connection_id
        async with self._db.unit() as unit:
            settings = read_settings((await unit.enterprises.get(enterprise)).settings)
            made = await unit.turns.made(enterprise, talk.id)
            services = await unit.salon_lists.services(*key, gone=True)
            staff = await unit.salon_lists.staff(*key, gone=True)
            cards = await unit.salon_clients.by_phone(enterprise, talk.phone) if talk.phone else ()
        try:
            scene = await self._scene(salon, Who(talk.phone, made), settings)
        except KommutatorError:  # the copy is not read yet
            return ClientCard(consent=consent)
        return ClientCard(
            salon=salon,
            client=scene.client,
            client_id=next((one.id for where, one in cards if where == key[1]), None),
            services={one.id: one.title for one in services},
            staff={one.id: one.name for one in staff},
            consent=consent,
        )

    async def consent(
        self, actor: Actor, enterprise: EnterpriseNumber, talk: TalkLine, *, opted_out: bool
    ) -> None:
        """Somebody of ours writes down what the client told them; by number it holds everywhere."""
        actor.demand(Permission.WRITE_CHATS, enterprise)
        if talk.phone:
            await self._consents.say(actor, enterprise, talk.phone, opted_out=opted_out)
            return
        async with self._db.unit() as unit:
            await unit.consents.say(
                enterprise, chat_subject(talk.connection_id, talk.chat_id), opted_out=opted_out,
                source="staff", by=actor.name, at=self._clock.now(),
            )  # fmt: skip
            await unit.audit.add(
                enterprise,
                actor=actor.name,
                action="consent.out" if opted_out else "consent.in",
                target=str(talk.id),
            )

    async def _salon(self, enterprise: EnterpriseNumber, wanted: UUID | None) -> Account | None:
        accounts: Sequence[Account] = await self._accounts.accounts(enterprise)
        return next((one for one in accounts if one.connection_id == wanted), None)
