"""`POST /api/v4/leads/complex`: a lead with its contact and company in one request [D].

The answer is a bare array. `merged` comes only where duplicates are controlled, which in
practice means integrations with an uploaded widget [I#511].
"""

from __future__ import annotations

from kommutator.connectors.crm.amocrm.client import AmoCrmClients
from kommutator.connectors.crm.amocrm.errors import AmoCrmError
from kommutator.connectors.crm.amocrm.manifest import BULK_TIMEOUT_S
from kommutator.connectors.crm.amocrm.schemas import as_int
from kommutator.domain.connection import Account
from kommutator.domain.crm_ports import Item
from kommutator.domain.crm_whole import WholeLead
from kommutator.kit.errors import ErrorKind, FieldsRefused
from kommutator.kit.plain_json import maps_in

_PATH = "/api/v4/leads/complex"


class AmoCrmWholeLeads:
    """Implements `domain.crm_whole.WholeLeads`."""

    def __init__(self, clients: AmoCrmClients) -> None:
        self._clients = clients

    async def create_whole(self, account: Account, item: Item) -> WholeLead:
        """Raises FieldsRefused: `crm_card_refused`, where amoCRM names the fields."""
        client = self._clients.of(account, timeout_s=BULK_TIMEOUT_S)
        try:
            reply = await client.post(_PATH, [{**item, "request_id": "0"}])
        except AmoCrmError as error:
            named = next(iter(error.items.values()), None)
            if error.kind is ErrorKind.REJECTED and named:
                raise FieldsRefused(
                    "crm_card_refused", fields=named, message=error.message
                ) from error
            raise
        for row in maps_in(reply.body):
            lead_id = as_int(row.get("id"))
            if lead_id is not None:
                return WholeLead(
                    lead_id,
                    as_int(row.get("contact_id")),
                    as_int(row.get("company_id")),
                    merged=row.get("merged") is True,
                )
        raise AmoCrmError(ErrorKind.UNSURE, "the answer does not name the lead")
