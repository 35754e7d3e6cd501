"""The parts that read and write a CRM's cards for people: one by one, and in bulk."""

from __future__ import annotations

from dataclasses import dataclass

from kommutator.domain.crm_ports import CrmReader, CrmWriter
from kommutator.domain.crm_whole import WholeLeads
from kommutator.flows.amocrm.accounts import Accounts
from kommutator.flows.amocrm.bulk import Bulk
from kommutator.flows.amocrm.cards import Cards
from kommutator.flows.amocrm.written import Maker
from kommutator.flows.once import Once
from kommutator.flows.turns import Turns
from kommutator.kit.clock import Clock
from kommutator.kit.ids import Ids
from kommutator.store.database import Database
from kommutator.workers.bulk import BulkWorker
from kommutator.workers.bulk_steps import BulkSteps


@dataclass(frozen=True, slots=True)
class CardParts:
    """Three services for the house, and the work aside."""

    cards: Cards
    bulk: Bulk
    once: Once
    worker: BulkWorker


def compose_cards(
    db: Database,
    accounts: Accounts,
    reader: CrmReader,
    writer: CrmWriter,
    whole: WholeLeads,
    turns: Turns,
    *,
    clock: Clock,
    ids: Ids,
) -> CardParts:
    """Nothing is started and nothing is asked."""
    once = Once(db, clock=clock)
    steps = BulkSteps(db, reader, writer, turns, ids=ids)
    return CardParts(
        Cards(reader, writer, whole, once, Maker(clock=clock)),
        Bulk(db, accounts, clock=clock, ids=ids),
        once,
        BulkWorker(db, accounts, steps, clock=clock, ids=ids),
    )
