"""The answer to a click, the same on every path that takes one."""

from __future__ import annotations

from pydantic import BaseModel, Field

from kommutator.flows.click_to_call import ClickReceipt


class Placed(BaseModel):
    """The call is on its way; the phone rings a few milliseconds later."""

    success: bool = True
    message: str
    call_id: str = Field(description="Under this id the call appears in the console.")
    extension: str
    phone: str = Field(description="E.164.")


def placed(receipt: ClickReceipt) -> Placed:
    """A repeat of a click is answered like the click itself."""
    return Placed(
        message=f"{receipt.extension} → {receipt.phone}",
        call_id=receipt.call_id,
        extension=receipt.extension,
        phone=receipt.phone,
    )
