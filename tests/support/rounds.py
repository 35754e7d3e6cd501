"""A round of a copy, done at once as a worker does it."""

from uuid import UUID

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.copying import Copying
from kommutator.kit.errors import VendorError
from kommutator.kit.ids import SystemIds
from kommutator.store.crm_reads import CrmRead
from kommutator.store.database import Database


async def whole_round(
    db: Database, copier: Copying, enterprise: EnterpriseNumber, connection_id: UUID, task: str
) -> CrmRead:
    """Do it to its end; returns what is noted of it. No other round of the database is due then."""
    owner = SystemIds().uuid()
    async with db.unit() as unit:
        await unit.crm_reads.start(enterprise, connection_id, task)
        await unit.connection.execute(
            "UPDATE crm_reads SET due_at = 'infinity' WHERE task <> $1", task
        )
        (read,) = await unit.crm_reads.claim_everywhere(owner, but=[], limit=1, lease_s=60)
    page = read.page
    try:
        while True:
            page += 1
            done = await copier.read_page(read, owner, page, 60)
            assert done is not None
            if not done.more:
                break
        await copier.finish(read, owner)
    except VendorError as error:
        await copier.fail(read, owner, error)
    async with db.unit() as unit:
        rounds = {one.task: one for one in await unit.crm_reads.of(enterprise, connection_id)}
    return rounds[task]
