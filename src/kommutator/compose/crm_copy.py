"""The parts of the copy of a CRM's cards: what hears, reads, watches, and works aside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kommutator.connectors.crm.amocrm.config import read_config
from kommutator.connectors.crm.amocrm.hooks import read_hook
from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.crm_news import CardNews
from kommutator.domain.crm_ports import CrmReader, HookBoard
from kommutator.domain.journal import JournalRow
from kommutator.doors.http.amocrm.hooks import PATH, SOURCE
from kommutator.flows.amocrm.fields import Fields
from kommutator.flows.crm_copy.cards import ReadCards
from kommutator.flows.crm_copy.events import Reconcile
from kommutator.flows.crm_copy.hear import HearNews
from kommutator.flows.crm_copy.references import ReadReferences
from kommutator.flows.crm_copy.rounds import CopyCrm
from kommutator.flows.crm_copy.subscription import WatchHooks
from kommutator.flows.directory import Directory
from kommutator.flows.pauses import Decide
from kommutator.flows.turns import Turns
from kommutator.kit.clock import Clock
from kommutator.kit.crypto import Vault
from kommutator.kit.ids import Ids
from kommutator.store.database import Database
from kommutator.workers.crm_copy import CrmCopier


@dataclass(frozen=True, slots=True)
class CrmCopy:
    """Services for the house, the decision upon notices, and the work aside.

    Attributes:
        hooks: also takes our addresses off the CRM's list, before a connection is removed.
    """

    fields: Fields
    hooks: WatchHooks
    copier: CrmCopier


def compose_copy(
    db: Database,
    vault: Vault,
    directory: Directory,
    readers: Mapping[ConnectionKind, CrmReader],
    boards: Mapping[ConnectionKind, HookBoard],
    turns: Turns,
    *,
    clock: Clock,
    ids: Ids,
    public_url: str,
) -> CrmCopy:
    """Nothing is started and nothing is asked."""
    cards = ReadCards(db, directory, readers, turns)
    references = ReadReferences(db, cards)
    hooks = WatchHooks(db, vault, boards, _wanted_hooks, ids=ids, public_url=public_url, path=PATH)
    copy = CopyCrm(db, cards, references, Reconcile(db, cards), hooks, clock=clock)
    copier = CrmCopier(db, copy, clock=clock, ids=ids)
    return CrmCopy(Fields(references), hooks, copier)


def hear_amocrm(directory: Directory, follow: Decide) -> HearNews:
    """Decides upon amoCRM's notices before everything else."""
    return HearNews(directory, SOURCE, _read_news, follow)


def _read_news(row: JournalRow) -> Sequence[CardNews]:
    """Raises InvalidInput: `amocrm_hook_unreadable`."""
    return [
        CardNews(notice.kind, notice.entity_id, notice.deletes)
        for notice in read_hook(row.body).notices
        if notice.kind is not None and notice.entity_id is not None
    ]


def _wanted_hooks(account: Account) -> Sequence[str]:
    return read_config(account.config, host=account.host).hook_settings
