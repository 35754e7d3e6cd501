"""A process that works campaigns off, until it is killed.

python campaign_worker.py <dsn> <seconds of a lease>
"""

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from kommutator.compose.campaigns import LEADS_OF
from kommutator.flows.campaigns.dial import DialCampaigns
from kommutator.flows.campaigns.fill import FillCampaigns
from kommutator.flows.campaigns.lead_source import CrmLeads
from kommutator.flows.campaigns.settle import SettleCalls
from kommutator.kit.clock import SystemClock
from kommutator.kit.ids import SystemIds
from kommutator.workers.campaigns import CampaignWorker
from tests.campaigns.cards import Cards
from tests.support.house import open_house


async def main(dsn: str, lease_s: float) -> None:
    clock = SystemClock()
    async with open_house(dsn, clock=clock) as house:
        settle = SettleCalls(house.texts)
        dial = DialCampaigns(
            house.db, house.directory, house.clicks, settle, leads_of=LEADS_OF, clock=clock
        )
        fill = FillCampaigns(house.db, house.directory, CrmLeads(LEADS_OF, Cards()), clock=clock)
        worker = CampaignWorker(
            house.db, dial, fill, clock=clock, ids=SystemIds(), lease_s=lease_s, tick_s=0.01
        )
        await worker.start()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], float(sys.argv[2])))
