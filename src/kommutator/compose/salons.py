"""The parts of the copy of salons: what hears, reads, watches, tells, and works aside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kommutator.compose.yclients import Ground, YClientsSide
from kommutator.connectors.crm.yclients import hooks as told
from kommutator.domain.connection import Account
from kommutator.domain.journal import JournalRow
from kommutator.domain.salon.copy import ONE_BY_ONE, Part, SalonNews
from kommutator.doors.http.yclients.hooks import SOURCE
from kommutator.flows.directory import Directory
from kommutator.flows.pauses import Decide
from kommutator.flows.salon.clients import ReadClients
from kommutator.flows.salon.hear import HearSalons
from kommutator.flows.salon.hooks import WatchSalonHooks
from kommutator.flows.salon.kept import Salons
from kommutator.flows.salon.lists import ReadLists
from kommutator.flows.salon.news import HearVisits
from kommutator.flows.salon.rounds import CopySalons
from kommutator.flows.salon.shelve import ShelveVisits
from kommutator.flows.salon.source import SalonSource
from kommutator.flows.salon.visits import ReadVisits
from kommutator.flows.yclients.vendor import KIND
from kommutator.kit.errors import InvalidInput
from kommutator.workers.salon_copy import SalonCopier

_PARTS = {
    told.RECORD: Part.VISITS,
    told.CLIENT: Part.CLIENTS,
    told.STAFF: Part.STAFF,
    told.SERVICE: Part.SERVICES,
    told.CATEGORY: Part.SALON,
    told.SALON: Part.SALON,
    told.SCHEDULE: Part.HOURS,
}


@dataclass(frozen=True, slots=True)
class SalonParts:
    """A service for the house, and the work aside."""

    salons: Salons
    copier: SalonCopier


def compose_salons(
    on: Ground, side: YClientsSide | None, directory: Directory, hearers: Sequence[HearVisits]
) -> SalonParts:
    """Nothing is started and nothing is asked. `hearers` are told of every visible change.

    Without the connector nothing is read; what was read can still be seen.
    """
    readers = {} if side is None else {KIND: side.reader}
    boards = {} if side is None else {KIND: side.hooks}
    db, clock, ids = on.db, on.clock, on.ids
    source, shelve = SalonSource(db, directory, readers), ShelveVisits(hearers)
    hooks = WatchSalonHooks(db, on.vault, boards, ids=ids, public_url=on.settings.public_url)
    copy = CopySalons(
        db,
        source,
        ReadLists(source),
        ReadVisits(source, shelve),
        ReadClients(source),
        hooks,
        clock=clock,
    )
    salons = Salons(db, source, shelve, clock=clock)
    return SalonParts(salons, SalonCopier(db, copy, clock=clock, ids=ids))


def hear_salons(directory: Directory, follow: Decide) -> HearSalons:
    """Decides upon notices of salons before everything else."""
    return HearSalons(directory, SOURCE, read_news, follow)


def read_news(account: Account, row: JournalRow) -> Sequence[SalonNews]:
    """Raises InvalidInput: `yclients_hook_malformed`, `yclients_hook_foreign`."""
    notice = told.read_notice(row.body)
    if str(notice.salon_id) != account.account_key:
        raise InvalidInput("yclients_hook_foreign")
    part = _PARTS.get(notice.kind)
    if part is None:
        return ()
    if part not in ONE_BY_ONE:
        return (SalonNews(part),)
    return () if notice.id is None else (SalonNews(part, notice.id),)
