"""A command to the INVITE at the employee's phone: by SSH against by AMI, same Asterisk, in turn.

The standing links themselves, without the service around them: that part is the same for both
and is told by bench.click_to_call. The SSH server is a real one on loopback, its shell starts
the real `asterisk -rx` for each click. Prints medians and their ratio of this run.

    python -m bench.click_by_ssh [runs]
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from uuid import UUID

from bench.click_to_call import REST_S, WARM_UP, bare_link, office
from bench.ground import open_folder, spread
from kommutator.connectors.pbx.asterisk import ssh_commands
from kommutator.connectors.pbx.asterisk.originate import originate
from kommutator.connectors.pbx.asterisk.ssh import SshLink
from kommutator.connectors.pbx.asterisk.ssh_address import SshAddress
from kommutator.domain.commands import OriginateCall
from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.kit.clock import SystemClock
from kommutator.kit.ids import SystemIds
from kommutator.twins.pbx.phone import Phone
from kommutator.twins.pbx.server import PrivateAsterisk
from tests.support.ssh import ShellServer

CLICK = OriginateCall(call_id="bench", extension="150", client="+375000000070", requested_by="b")
NOBODY = Account(
    enterprise=EnterpriseNumber("0367"),
    connection_id=UUID(int=1),
    kind=ConnectionKind.ASTERISK,
    name="bench",
    base_url="",
    status=ConnectionStatus.ACTIVE,
    config={},
    secrets={},
)
Way = Callable[[int], Awaitable[object]]


async def time_it(way: Way, number: int, phone: Phone, asterisk: PrivateAsterisk) -> float:
    """Milliseconds until the phone has its INVITE; the call is ended afterwards."""
    ringing = asyncio.create_task(phone.next_call())
    await asyncio.sleep(0)
    began = time.monotonic()
    placing = asyncio.ensure_future(way(number))
    call = await ringing
    await placing
    await asterisk.hang_up_everything()
    await call.wait_final()
    await asyncio.sleep(REST_S)
    return (call.invited_at - began) * 1000


async def main(runs: int) -> None:
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(open_folder())
        asterisk, phone = await stack.enter_async_context(office(folder))
        (folder / "ssh").mkdir()
        server = ShellServer(folder / "ssh")
        server.serve(asterisk)
        await server.start()
        stack.push_async_callback(server.stop)
        ami = await stack.enter_async_context(bare_link(asterisk))
        address = SshAddress.of(server.account(NOBODY))
        ssh = SshLink(address, clock=SystemClock(), ids=SystemIds())
        ssh.start()
        stack.push_async_callback(ssh.stop)
        await ssh.wait_up()

        async def by_ami(number: int) -> object:
            return await ami.action(originate(replace_id(number), {}))

        async def by_ssh(_number: int) -> object:
            return await ssh.run(ssh_commands.originate(CLICK, {}))

        times: dict[str, list[float]] = {"AMI": [], "SSH": []}
        for number in range(WARM_UP + runs):
            times["AMI"].append(await time_it(by_ami, number, phone, asterisk))
            times["SSH"].append(await time_it(by_ssh, number, phone, asterisk))
    ami_ms = spread("AMI Originate → INVITE", times["AMI"][WARM_UP:])
    ssh_ms = spread("asterisk -rx by standing SSH → INVITE", times["SSH"][WARM_UP:])
    print(f"ratio of medians {ssh_ms / ami_ms:.1f}")


def replace_id(number: int) -> OriginateCall:
    """A second Originate under a living id would be refused."""
    return OriginateCall(
        call_id=f"bench-{number}", extension="150", client=CLICK.client, requested_by="b"
    )


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 40))
