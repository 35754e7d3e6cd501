"""The auto-dialer's parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from kommutator.domain.connection import ConnectionKind
from kommutator.domain.crm_ports import CrmReader
from kommutator.flows.campaigns.dial import DialCampaigns
from kommutator.flows.campaigns.fill import FillCampaigns
from kommutator.flows.campaigns.keep import Campaigns
from kommutator.flows.campaigns.lead_source import CrmLeads
from kommutator.flows.campaigns.settle import SettleCalls
from kommutator.flows.campaigns.unwanted import DoNotCall
from kommutator.flows.click_to_call import ClickToCall
from kommutator.flows.directory import Directory
from kommutator.kit.clock import Clock
from kommutator.kit.ids import Ids
from kommutator.kit.texts import Texts
from kommutator.store.database import Database
from kommutator.workers.campaigns import CampaignWorker

LEADS_OF: Final = ConnectionKind.AMOCRM
"""The CRM that knows deals with stages; the others' clients are called from lists."""


@dataclass(frozen=True, slots=True)
class Dialer:
    """Two services for the house, and the work aside."""

    campaigns: Campaigns
    do_not_call: DoNotCall
    worker: CampaignWorker


def compose_campaigns(
    db: Database,
    directory: Directory,
    clicks: ClickToCall,
    texts: Texts,
    reader: CrmReader,
    *,
    clock: Clock,
    ids: Ids,
) -> Dialer:
    """`reader`: of the CRM whose leads are called."""
    dial = DialCampaigns(db, directory, clicks, SettleCalls(texts), leads_of=LEADS_OF, clock=clock)
    fill = FillCampaigns(db, directory, CrmLeads(LEADS_OF, reader), clock=clock)
    return Dialer(
        Campaigns(db, directory, ids=ids, leads_of=LEADS_OF),
        DoNotCall(db, directory),
        CampaignWorker(db, dial, fill, clock=clock, ids=ids),
    )
