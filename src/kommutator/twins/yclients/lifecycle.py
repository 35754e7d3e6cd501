"""What the Callback Url of an application hears: uninstall, freeze, payment (§1.11).

The only mark of authenticity is the partner token in the body, as in the real thing.
"""

from __future__ import annotations

from typing import Any

from kommutator.twins.yclients.applications import (
    BY_PARTNER,
    FREEZED,
    INSTALLED,
    UNINSTALLED,
    Application,
)
from kommutator.twins.yclients.courier import Courier
from kommutator.twins.yclients.hook_switches import HookSwitches
from kommutator.twins.yclients.letters import LIFECYCLE, Letter, Manner
from kommutator.twins.yclients.market import Turn
from kommutator.twins.yclients.signing import payment_sign

Json = dict[str, Any]


class Lifecycle:
    """Tells an application what becomes of it."""

    def __init__(self, courier: Courier, switches: HookSwitches, partner_token: str) -> None:
        self._courier = courier
        self._switches = switches
        self._partner_token = partner_token

    def turned(self, turn: Turn) -> None:
        """Listen to the marketplace."""
        if turn.source == BY_PARTNER and not self._switches.lifecycle_echo:
            return
        status = turn.connection.status
        if status == FREEZED:
            self.tell(turn.application, turn.connection.salon_id, "freeze")
        elif status == UNINSTALLED and turn.before in INSTALLED:
            self.tell(turn.application, turn.connection.salon_id, "uninstall")

    def paid(self, application: Application, salon_id: int, payment: Json) -> None:
        """The event `payment` with its signature."""
        amount = payment["payment_sum"]
        discount = application.discounts.get(salon_id, 0)
        more = {
            "payment_id": payment["id"],
            "amount": amount,
            "currency_iso": payment["currency_iso"],
            "discount": discount,
            "period_from": payment["period_from"],
            "period_to": payment["period_to"],
            "payment_date": payment["payment_date"],
            "tariff_option_id": payment.get("tariff_option_id", 0),
            "sign": payment_sign(self._partner_token, salon_id, amount, discount),
        }
        self.tell(application, salon_id, "payment", more)

    def tell(
        self, application: Application, salon_id: int, event: str, more: Json | None = None
    ) -> Letter | None:
        """Send one body to the Callback Url, if there is one; `more` may overwrite the token."""
        if not application.callback_url:
            return None
        body = {
            "salon_id": salon_id,
            "application_id": application.id,
            "event": event,
            "partner_token": self._partner_token,
            **(more or {}),
        }
        letter = Letter(LIFECYCLE, salon_id, application.callback_url, body)
        self._courier.submit(letter, self._manner())
        return letter

    def _manner(self) -> Manner:
        switches = self._switches
        return Manner(
            patience=switches.hook_answer_seconds,
            retries=switches.lifecycle_retries,
            retry_after=switches.lifecycle_retry_seconds,
            loss=switches.lifecycle_loss,
            duplicate=switches.lifecycle_duplicate,
        )
