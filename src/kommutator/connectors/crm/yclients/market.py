"""The marketplace, in the partner's name: implements `domain.salon.marketplace.Marketplace`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kommutator.connectors.crm.yclients.client import YClientsClient, YClientsClients
from kommutator.connectors.crm.yclients.errors import YClientsError
from kommutator.connectors.crm.yclients.manifest import MAX_PAGES, SALONS_PAGE
from kommutator.connectors.crm.yclients.values import as_id, as_utc, vendor_moment
from kommutator.connectors.crm.yclients.wire import pairs_of
from kommutator.domain.salon.marketplace import (
    InstalledSalon,
    InstallState,
    Payment,
    SalonStanding,
)
from kommutator.kit.errors import ErrorKind
from kommutator.kit.plain_json import as_map, as_text

_STATES = {state.value: state for state in InstallState} | {"frozen": InstallState.FREEZED}


class YClientsMarketplace:
    """Raises `YClientsError`."""

    def __init__(self, clients: YClientsClients) -> None:
        self._clients = clients

    async def standing(self, salon_id: int) -> SalonStanding:
        """NONE where the vendor knows no installation of this salon."""
        try:
            reply = await self._client().get(self._path(salon_id))
        except YClientsError as error:
            if error.kind is ErrorKind.GONE:
                return SalonStanding(InstallState.NONE)
            raise
        status = as_map(reply.map.get("connection_status"))
        state = _STATES.get(as_text(status.get("status")) or "", InstallState.NONE)
        return SalonStanding(state, as_utc(status.get("created_at")), reply.map)

    async def activate(
        self, salon_id: int, *, api_key: str, hook_urls: Sequence[str], channels: Sequence[str]
    ) -> None:
        body = self._named(
            salon_id, api_key=api_key, webhook_urls=list(hook_urls), channels=list(channels)
        )
        try:
            await self._client().post("/partner/callback", body, hidden=(api_key, *hook_urls))
        except YClientsError as error:
            if error.kind is not ErrorKind.ALREADY_DONE:
                raise

    async def salons(self) -> Sequence[InstalledSalon]:
        """A thousand a request, in the background, until a page brings nobody new.

        How many a page really holds is the vendor's matter, and a list that ends too early would
        look like many who left.
        """
        client, found = self._clients.marketplace(background=True), dict[int, InstalledSalon]()
        path = f"/application/{self._clients.app.application_id}/salons"
        for page in range(1, MAX_PAGES + 1):
            rows = (await client.get(path, pairs_of(page=page, count=SALONS_PAGE))).rows
            known = len(found)
            for row in rows:
                salon_id = as_id(row.get("id")) or as_id(row.get("salon_id"))
                if salon_id is not None:
                    found[salon_id] = InstalledSalon(salon_id, as_text(row.get("title")) or "")
            if len(found) == known:
                break
        return list(found.values())

    async def uninstall(self, salon_id: int) -> None:
        try:
            await self._client().post(f"{self._path(salon_id)}/uninstall", {})
        except YClientsError as error:
            if error.kind is not ErrorKind.GONE:
                raise

    async def pay(self, salon_id: int, payment: Payment) -> int:
        body = self._named(
            salon_id,
            payment_sum=float(payment.amount),
            currency_iso=payment.currency,
            payment_date=vendor_moment(payment.paid_at),
            period_from=vendor_moment(payment.period_from),
            period_to=vendor_moment(payment.period_to),
        )
        reply = await self._client().post("/partner/payment", body)
        payment_id = as_id(reply.map.get("id"))
        if payment_id is None:
            raise YClientsError(
                ErrorKind.UNSURE, "the answer does not name the payment", exchange=reply.exchange
            )
        return payment_id

    async def refund(self, payment_id: int) -> None:
        await self._client().post(f"/partner/payment/refund/{payment_id}", {})

    async def channel_available(self, salon_id: int, channel: str, *, available: bool) -> None:
        body = self._named(salon_id, channel_slug=channel, is_available=available)
        await self._client().post("/application/update_channel", body)

    def _client(self) -> YClientsClient:
        return self._clients.marketplace()

    def _path(self, salon_id: int) -> str:
        return f"/salon/{salon_id}/application/{self._clients.app.application_id}"

    def _named(self, salon_id: int, **more: Any) -> Mapping[str, Any]:
        return {"salon_id": salon_id, "application_id": self._clients.app.application_id, **more}
