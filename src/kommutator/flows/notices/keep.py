"""Notices for people and integrators: who is told, in which words, and what went out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import msgspec

from kommutator.domain.chats import Spoken
from kommutator.domain.connection import CHANNELS, ConnectionKind, ConnectionStatus
from kommutator.domain.notices.wishes import Wishes, checked_wishes, dump_wishes, read_wishes
from kommutator.domain.tenancy import Actor, EnterpriseNumber
from kommutator.flows.chats.hear import invite_hash
from kommutator.flows.chats.speak import Saying, speak
from kommutator.flows.notices.hear import why_not
from kommutator.flows.notices.wording import Wording
from kommutator.kit.errors import Conflict, InvalidInput, NotFound
from kommutator.kit.ids import Ids
from kommutator.kit.texts import Texts
from kommutator.store.chats import Chat
from kommutator.store.notice_receivers import ReceiverRow
from kommutator.store.notices import NewNotice, NoticeRow

if TYPE_CHECKING:
    from kommutator.store.database import Database
    from kommutator.store.unit import Unit

INVITED_FOR_S: Final = 7 * 24 * 3600.0
_TOKEN_BYTES: Final = 24
_MOST_RECEIVERS: Final = 500
_LONGEST_NAME: Final = 200


@dataclass(frozen=True, slots=True)
class Receiver:
    """One who is told. `why_not`: slug of what keeps it from hearing anything now."""

    row: ReceiverRow
    wishes: Wishes
    why_not: str | None


@dataclass(frozen=True, slots=True)
class Invitation:
    """Links that make whoever opens them the receiver; each works once, for a week."""

    person: str
    group: str


class Notices(Wording):
    """The service behind the API's and the console's notices."""

    def __init__(self, db: Database, texts: Texts, *, ids: Ids, links_url: str) -> None:
        super().__init__(db, texts)
        self._ids = ids
        self._links_url = links_url

    async def receivers(self, enterprise: EnterpriseNumber) -> Sequence[Receiver]:
        """Oldest first."""
        async with self._db.unit() as unit:
            return [_shown(row) for row in await unit.notice_receivers.list(enterprise)]

    async def get(self, enterprise: EnterpriseNumber, receiver: UUID) -> Receiver:
        """Raises NotFound: `notice_receiver_not_found`."""
        async with self._db.unit() as unit:
            return _shown(await unit.notice_receivers.get(enterprise, receiver))

    async def create(
        self,
        actor: Actor,
        enterprise: EnterpriseNumber,
        *,
        name: str,
        connection_id: UUID,
        chat_id: str | None = None,
        wishes: Mapping[str, Any] | None = None,
    ) -> Receiver:
        """Without a chat somebody must come by a link first; see `invite`.

        Raises:
            InvalidInput: `notice_name_invalid`, `notice_wishes_invalid`, `notice_chat_needed`.
            NotFound: `connection_not_found`, `chat_not_found`.
            Conflict: `notice_receivers_full`.
        """
        checked = checked_wishes(wishes or {})
        async with self._db.unit() as unit:
            await _check_chat(unit, enterprise, connection_id, chat_id)
            if len(await unit.notice_receivers.list(enterprise)) >= _MOST_RECEIVERS:
                raise Conflict("notice_receivers_full", most=_MOST_RECEIVERS)
            row = await unit.notice_receivers.create(
                enterprise,
                self._ids.uuid(),
                name=_name(name),
                connection_id=connection_id,
                chat_id=chat_id,
                wishes=dump_wishes(checked),
                created_by=actor.name,
            )
            await _audit(unit, actor, enterprise, "create", row)
        return _shown(row)

    async def change(
        self,
        actor: Actor,
        enterprise: EnterpriseNumber,
        receiver: UUID,
        *,
        name: str | None = None,
        wishes: Mapping[str, Any] | None = None,
        active: bool | None = None,
    ) -> Receiver:
        """Only what is given. `wishes`: only those that change. Raises as `create`.

        Who is switched off does not hear what is still under way, either.
        """
        async with self._db.unit() as unit:
            before = await unit.notice_receivers.get(enterprise, receiver, lock=True)
            kept = msgspec.to_builtins(read_wishes(before.wishes))
            row = await unit.notice_receivers.change(
                enterprise,
                receiver,
                name=before.name if name is None else _name(name),
                wishes=dump_wishes(checked_wishes({**kept, **(wishes or {})})),
                active=before.active if active is None else active,
            )
            if not row.active:
                await _silence(unit, row)
            await _audit(unit, actor, enterprise, "change", row)
        return _shown(row)

    async def delete(self, actor: Actor, enterprise: EnterpriseNumber, receiver: UUID) -> None:
        """With its part of the log, and what is still under way to it.

        Raises NotFound: `notice_receiver_not_found`.
        """
        async with self._db.unit() as unit:
            row = await unit.notice_receivers.get(enterprise, receiver, lock=True)
            await _silence(unit, row)
            await unit.notice_receivers.delete(enterprise, receiver)
            await _audit(unit, actor, enterprise, "delete", row)

    async def invite(
        self, actor: Actor, enterprise: EnterpriseNumber, receiver: UUID
    ) -> Invitation:
        """New links; former ones do not work any more.

        Raises:
            NotFound: `notice_receiver_not_found`.
            Conflict: `notice_link_impossible` where the messenger has no such links.
        """
        token = self._ids.token(_TOKEN_BYTES)
        async with self._db.unit() as unit:
            row = await unit.notice_receivers.get(enterprise, receiver, lock=True)
            record = await unit.connections.get(enterprise, row.connection_id)
            username = record.config.get("username")
            if record.kind is not ConnectionKind.TELEGRAM or not username:
                raise Conflict("notice_link_impossible")
            await unit.notice_receivers.invite(
                enterprise, receiver, invite_hash(token), good_s=INVITED_FOR_S
            )
            await _audit(unit, actor, enterprise, "invite", row)
        begin = f"{self._links_url}/{username}"
        return Invitation(f"{begin}?start={token}", f"{begin}?startgroup={token}")

    async def test(self, actor: Actor, enterprise: EnterpriseNumber, receiver: UUID) -> int:
        """Say a sentence in its chat; returns the notice's id in the log.

        Raises:
            NotFound: `notice_receiver_not_found`.
            Conflict: `notice_not_possible` (`reason`: slug `notice.reason.<reason>`).
        """
        async with self._db.unit() as unit:
            row = await unit.notice_receivers.get(enterprise, receiver, lock=True)
            reason = why_not(row)
            if reason is not None or row.chat_id is None:
                raise Conflict("notice_not_possible", reason=reason)
            text = self._texts.translate(read_wishes(row.wishes).language, "notice.test")
            new = NewNotice(receiver, None, 0, self._ids.uuid().bytes, "test", text, state="owed")
            (notice,) = (await unit.notices.add(enterprise, [new])).values()
            kind, once = ConnectionKind(row.kind), f"notice:{notice}"
            saying = Saying(row.connection_id, kind, row.chat_id, text, once, about="test")
            (outbox,) = await speak(unit, enterprise, [saying])
            await unit.notices.owed(enterprise, [(notice, outbox)])
            await _audit(unit, actor, enterprise, "test", row)
        return notice

    async def again(self, actor: Actor, enterprise: EnterpriseNumber, notice: int) -> None:
        """Send what was given up, at a person's word: also what may have arrived.

        What was told together goes out together.

        Raises:
            NotFound: `notice_not_found`. Conflict: `notice_not_given_up`.
        """
        async with self._db.unit() as unit:
            row = await unit.notices.get(enterprise, notice)
            receiver = await unit.notice_receivers.get(enterprise, row.receiver)
            due = await unit.outbox.replay(enterprise, [row.outbox_id or 0])
            if row.state not in ("failed", "maybe_sent") or not due:
                raise Conflict("notice_not_given_up")
            owed = [Spoken(outbox, receiver.chat_id or "", "owed") for outbox in due]
            await unit.chats.settle(enterprise, receiver.connection_id, owed)
            await _audit(unit, actor, enterprise, "again", receiver)

    async def chats(
        self, enterprise: EnterpriseNumber, connection_id: UUID | None = None
    ) -> Sequence[Chat]:
        """Whoever was heard last comes first."""
        async with self._db.unit() as unit:
            return await unit.chats.page(enterprise, connection_id)

    async def log(
        self,
        enterprise: EnterpriseNumber,
        *,
        before: int | None = None,
        receiver: UUID | None = None,
        state: str | None = None,
        record_id: int | None = None,
        limit: int = 50,
    ) -> Sequence[NoticeRow]:
        """Newest first: what went out, and what did not and why."""
        async with self._db.unit() as unit:
            return await unit.notices.page(
                enterprise,
                before=before,
                receiver=receiver,
                state=state,
                record_id=record_id,
                limit=limit,
            )


async def _check_chat(
    unit: Unit, enterprise: EnterpriseNumber, connection_id: UUID, chat_id: str | None
) -> None:
    record = await unit.connections.get(enterprise, connection_id)
    if record.kind not in CHANNELS or record.status is ConnectionStatus.REMOVED:
        raise NotFound("connection_not_found")
    if chat_id is None:
        if record.kind is not ConnectionKind.TELEGRAM:
            raise InvalidInput("notice_chat_needed")
    elif await unit.chats.get(enterprise, connection_id, chat_id) is None:
        raise NotFound("chat_not_found")


async def _silence(unit: Unit, row: ReceiverRow) -> None:
    """Somebody who left must not hear of clients once the messenger is back."""
    under_way = await unit.notices.under_way(row.enterprise, row.id)
    dropped = await unit.outbox.drop(row.enterprise, under_way, "receiver_off")
    fate = [Spoken(one, row.chat_id or "", "failed", reason="receiver_off") for one in dropped]
    await unit.chats.settle(row.enterprise, row.connection_id, fate)


def _name(text: str) -> str:
    clean = " ".join(text.split())
    if not clean or len(clean) > _LONGEST_NAME or not clean.isprintable():
        raise InvalidInput("notice_name_invalid")
    return clean


def _shown(row: ReceiverRow) -> Receiver:
    reason = why_not(row) or (None if row.active else "receiver_off")
    return Receiver(row, read_wishes(row.wishes), reason)


async def _audit(
    unit: Unit, actor: Actor, enterprise: EnterpriseNumber, what: str, row: ReceiverRow
) -> None:
    await unit.audit.add(
        enterprise, actor=actor.name, action=f"notice_receiver.{what}", target=row.name
    )
