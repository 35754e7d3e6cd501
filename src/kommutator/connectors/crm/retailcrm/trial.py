"""A test record that is taken back at once."""

from __future__ import annotations

from kommutator.connectors.crm.retailcrm.client import RetailCrmClient
from kommutator.connectors.crm.retailcrm.errors import RetailCrmError
from kommutator.domain.finding import Trial


async def try_note(client: RetailCrmClient, text: str) -> Trial:
    """On the first client of the list; a second try to remove is made, a third is a person's."""
    found, _ = await client.customer_page(1)
    if not found:
        return Trial(written=False, removed=False)
    customer = found[0]
    where = customer.name or customer.id
    made = await client.create_note(customer.id, text, None)
    if made.id is None:
        return Trial(written=True, removed=False, where=where)
    for _ in range(2):
        try:
            await client.delete_note(made.id)
        except RetailCrmError:
            continue
        return Trial(written=True, removed=True, where=where)
    return Trial(written=True, removed=False, where=where)
