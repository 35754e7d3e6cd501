"""Click to ring: from Originate to the INVITE at the employee's phone, on a real Asterisk.

The PBX's half of a click, over the standing link that production uses.

    python bench/click_to_call.py [runs]
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from kommutator.connectors.pbx.asterisk.address import AmiAddress
from kommutator.connectors.pbx.asterisk.ami import AmiLink
from kommutator.connectors.pbx.asterisk.delivery import AsteriskDelivery
from kommutator.domain.commands import CancelCall, Command, OriginateCall
from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus
from kommutator.domain.outcome import Done
from kommutator.domain.ports import Due
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.kit.clock import SystemClock
from kommutator.kit.ids import SystemIds
from kommutator.twins.pbx.install import install
from kommutator.twins.pbx.phone import Phone
from kommutator.twins.pbx.server import PrivateAsterisk

CACHE = Path(__file__).parents[1] / ".cache" / "asterisk"
WARM_UP = 3


@asynccontextmanager
async def office() -> AsyncIterator[tuple[PrivateAsterisk, Phone]]:
    installation = install(CACHE)
    with tempfile.TemporaryDirectory(prefix="kommutator-bench-") as folder:
        Path(folder).chmod(0o755)  # noqa: ASYNC240  before anything is measured
        async with PrivateAsterisk(installation, Path(folder)) as asterisk:
            phone = Phone(asterisk.sip_address, "150", asterisk.phone_secret)
            await phone.start()
            try:
                yield asterisk, phone
            finally:
                await phone.unregister()
                await phone.stop()


def account() -> Account:
    return Account(
        enterprise=EnterpriseNumber("1"),
        connection_id=UUID(int=1),
        kind=ConnectionKind.ASTERISK,
        name="bench",
        base_url="ami://127.0.0.1",
        status=ConnectionStatus.ACTIVE,
        config={},
        secrets={},
    )


async def deliver(delivery: AsteriskDelivery, command: Command) -> None:
    now = datetime.now(UTC)
    due = Due(id=1, key="k", command=command, attempt=1, unsure=False, created_at=now)
    (outcome,) = await delivery.deliver(account(), [due])
    assert isinstance(outcome, Done), outcome


async def one(delivery: AsteriskDelivery, phone: Phone, number: int) -> tuple[float, float]:
    """Milliseconds until Asterisk took the action, and until the phone got its INVITE."""
    call_id = f"bench-{number}"
    click = OriginateCall(
        call_id=call_id, extension="150", client="+375000000070", requested_by="bench"
    )
    ringing = asyncio.create_task(phone.next_call())
    await asyncio.sleep(0)
    began = time.perf_counter()
    taken_by = asyncio.create_task(deliver(delivery, click))
    taken_at: list[float] = []
    taken_by.add_done_callback(lambda _: taken_at.append(time.perf_counter()))
    call = await ringing
    rang = time.perf_counter()
    await taken_by
    await deliver(delivery, CancelCall(call_id=call_id))
    await call.wait_final()
    return (taken_at[0] - began) * 1000, (rang - began) * 1000


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


async def main(runs: int) -> None:
    async with office() as (asterisk, phone):
        address = AmiAddress(
            asterisk.host, asterisk.ports.ami, asterisk.ami_user, asterisk.ami_secret
        )
        link = AmiLink(address, clock=SystemClock(), ids=SystemIds(), wanted=lambda _: False)
        link.start()
        await link.wait_up()
        delivery = AsteriskDelivery(lambda _: link, clock=SystemClock())
        results = [await one(delivery, phone, number) for number in range(WARM_UP + runs)]
        await link.stop()
    for name, column in (("taken", 0), ("ring", 1)):
        values = [result[column] for result in results[WARM_UP:]]
        print(
            f"{name:6} median {statistics.median(values):6.2f} ms"
            f"  p10 {percentile(values, 0.1):6.2f}  p90 {percentile(values, 0.9):6.2f}"
            f"  n={len(values)}"
        )


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 30))
