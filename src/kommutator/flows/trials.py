"""Trials on request: ring the administrator's own phone; write a record and take it back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from kommutator.domain.commands import RingPhone
from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus
from kommutator.domain.finding import Finding, RecordTrier, failed, fine, skipped, warned
from kommutator.domain.tenancy import Actor, EnterpriseNumber
from kommutator.flows.directory import Directory
from kommutator.kit.clock import Clock
from kommutator.kit.errors import InvalidInput, Stage, UserError, VendorError
from kommutator.kit.ids import Ids
from kommutator.kit.texts import Texts
from kommutator.store.attempts import Attempt
from kommutator.store.outbox import Owed
from kommutator.store.views.check_up import CheckUpViews

if TYPE_CHECKING:
    from kommutator.store.database import Database

_RING_LIMIT_S = 12.0
_LOOK_S = 0.2
_FAILURES = {Stage.SENT: "unsure", Stage.BEFORE_SENDING: "away"}


class Trials:
    def __init__(
        self,
        db: Database,
        directory: Directory,
        triers: Mapping[ConnectionKind, RecordTrier],
        texts: Texts,
        *,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._db = db
        self._directory = directory
        self._triers = triers
        self._texts = texts
        self._clock = clock
        self._ids = ids

    async def ring(self, actor: Actor, enterprise: EnterpriseNumber, extension: str) -> Finding:
        """Ring one extension and watch until it rings, refuses or nothing is heard.

        Raises:
            InvalidInput: `extension_unknown`.
        """
        async with self._db.unit() as unit:
            known = await unit.extensions.numbers(enterprise)
        if extension not in known:
            raise InvalidInput("extension_unknown", extension=extension[:16])
        pbx = await self._directory.account_of(enterprise, ConnectionKind.ASTERISK)
        if pbx is None:
            return skipped("ring", "not_connected")
        if pbx.status is not ConnectionStatus.ACTIVE:
            return failed("ring", "off")
        call_id = await self._owe(actor, pbx, extension)
        return await self._watch(enterprise, call_id, extension)

    async def crm_record(self, actor: Actor, enterprise: EnterpriseNumber, locale: str) -> Finding:
        """Write a record into the CRM and take it back; noted in the log of exchanges."""
        crm = await self._directory.crm_of(enterprise)
        trier = self._triers.get(crm.kind) if crm else None
        if crm is None or trier is None:
            return skipped("crm_record", "not_connected")
        text = self._texts.translate(locale, "doctor.crm_record.note")
        try:
            trial = await trier.try_record(crm, text)
        except VendorError as error:
            word = _FAILURES.get(error.stage, "refused")
            found = failed("crm_record", word, reason=error.message)
        except UserError as error:  # the vendor's allowance is spent; nothing was asked
            found = warned("crm_record", "later", reason=error.code)
        else:
            if not trial.written:
                found = skipped("crm_record", "no_client")
            elif not trial.removed:
                found = warned("crm_record", "left", where=trial.where)
            else:
                found = fine("crm_record", where=trial.where)
        await self._note(actor, crm, found)
        return found

    async def _owe(self, actor: Actor, pbx: Account, extension: str) -> str:
        call_id = f"kmt-ring-{self._ids.uuid().hex}"
        command = RingPhone(call_id=call_id, extension=extension, requested_by=actor.name)
        async with self._db.unit() as unit:
            owed = Owed(pbx.lane, pbx.connection_id, call_id, command, f"{call_id}:ring")
            await unit.outbox.add(pbx.enterprise, [owed])
            await unit.audit.add(
                pbx.enterprise,
                actor=actor.name,
                action="doctor.ring",
                target=extension,
                detail={"call_id": call_id},
            )
        return call_id

    async def _watch(self, enterprise: EnterpriseNumber, call_id: str, extension: str) -> Finding:
        began = self._clock.monotonic()
        state = "due"
        while self._clock.monotonic() - began < _RING_LIMIT_S:
            async with self._db.single() as unit:
                heard = await CheckUpViews(unit.connection).heard(enterprise, call_id)
                (row,) = await unit.outbox.page(enterprise, call_id=call_id, limit=1)
            kinds = {event["kind"] for event in heard}
            if "Newstate" in kinds:
                ms = round((self._clock.monotonic() - began) * 1000)
                return fine("ring", extension=extension, ms=ms)
            if "OriginateResponse" in kinds:
                return failed("ring", "refused", extension=extension, reason=_reason(heard))
            if row.state == "dead":
                return failed("ring", "not_placed", extension=extension, reason=row.error or "")
            state = row.state
            await self._clock.sleep(_LOOK_S)
        word = "silent" if state == "done" else "not_taken"
        return failed("ring", word, extension=extension)

    async def _note(self, actor: Actor, crm: Account, found: Finding) -> None:
        wrong = found.repair is not None
        async with self._db.unit() as unit:
            await unit.attempts.add(
                crm.enterprise,
                Attempt(
                    integration_type=crm.kind.value,
                    event_type="test_record",
                    status="error" if wrong else "success",
                    connection_id=crm.connection_id,
                    request={"address": crm.base_url},
                    response={"found": found.word},
                    error_message=str(found.facts.get("reason") or found.word) if wrong else None,
                    actor=actor.name,
                ),
            )
            await unit.audit.add(crm.enterprise, actor=actor.name, action="doctor.crm_record")


def _reason(heard: list[dict[str, object]]) -> str:
    """The PBX's number for it: 0 no such phone or not registered, 3 no answer, 5 busy."""
    for event in heard:
        if event["kind"] == "OriginateResponse":
            body = event["body"]
            assert isinstance(body, bytes)
            return str(msgspec.json.decode(body).get("Reason", ""))
    return ""
