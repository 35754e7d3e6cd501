"""Record scenarios anew: what calls learn from an AMI user's events, one JSON object a line.

python -m tests.stories.scenarios.record FOLDER [name …]
"""

import asyncio
import json
import shutil
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from kommutator.connectors.pbx.asterisk.address import AmiAddress
from kommutator.connectors.pbx.asterisk.ami import AmiLink
from kommutator.connectors.pbx.asterisk.originate import originate
from kommutator.connectors.pbx.asterisk.translate import relevant
from kommutator.domain.commands import OriginateCall
from kommutator.kit.clock import SystemClock
from kommutator.kit.ids import SystemIds
from kommutator.twins.pbx.install import install
from kommutator.twins.pbx.server import PrivateAsterisk
from tests.stories.scenarios import classic, further
from tests.stories.scenarios.stage import config, opened
from tests.support.waiting import takes

_OURS = {"Session"}
_CLIENT = "+375000000070"
_PLAYS = {
    name: play
    for room in (classic, further)
    for name, play in vars(room).items()
    if asyncio.iscoroutinefunction(play)
    and not name.startswith("_")
    and play.__module__ == room.__name__
}


class Recorder:
    """Hears one Asterisk as the gateway does."""

    def __init__(self, asterisk: PrivateAsterisk) -> None:
        self.asterisk = asterisk
        address = AmiAddress(
            asterisk.host, asterisk.ports.ami, asterisk.ami_user, asterisk.ami_secret
        )
        self.link = AmiLink(address, clock=SystemClock(), ids=SystemIds())
        self._clicks = 0

    async def click(self, extension: str, client: str) -> None:
        self._clicks += 1
        order = OriginateCall(
            call_id=f"gw-c2c-{self._clicks:04}", extension=extension, client=client,
            requested_by="anna",
        )  # fmt: skip
        await self.link.action(originate(order, {"originate_timeout_s": 2}))

    async def route(self, _client: str, _extension: str) -> None:
        raise NotImplementedError("needs the gateway")

    def taken(self, since: float) -> list[dict[str, Any]]:
        """Everything heard since the last call, with `_t`, seconds after `since`."""
        heard = self.link.events_at_hand(100_000)
        return [
            {name: value for name, value in event.items() if name not in _OURS}
            | {"_t": round(float(event.get("Timestamp", since)) - since, 4)}
            for event in heard
            if relevant(event)
        ]


async def main(folder: Path, names: list[str]) -> None:
    run = Path(tempfile.mkdtemp(prefix="asterisk-"))
    installation = install(Path(".cache/asterisk"))
    async with AsyncExitStack() as stack:
        stack.callback(shutil.rmtree, run, ignore_errors=True)
        asterisk = await stack.enter_async_context(PrivateAsterisk(installation, run, config()))
        recorder = Recorder(asterisk)
        recorder.link.start()
        stack.push_async_callback(recorder.link.stop)
        await recorder.link.wait_up()
        for name in names or list(_PLAYS):
            await _record(recorder, name, folder)


async def _record(recorder: Recorder, name: str, folder: Path) -> None:
    began = time.time()
    recorder.taken(began)
    async with opened(recorder.asterisk, _CLIENT, recorder.click, recorder.route) as stage:
        await _PLAYS[name](stage)
        await takes(0.3)
    events = recorder.taken(began)
    text = [json.dumps(event, ensure_ascii=False) for event in events]
    lines = [line.replace(str(recorder.asterisk.run), "/run/ast") for line in text]
    (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n")
    sys.stdout.write(f"{name:45} {len(events):4} events\n")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2:]))
