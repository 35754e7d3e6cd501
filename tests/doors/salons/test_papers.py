"""Promise: the curl examples of docs/booking*.md do what the papers say, as they stand there."""

import asyncio
import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.support.booking_service import BookingService

DOCS = Path(__file__).parents[3] / "docs"
pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="no curl here")


async def run(command: str, known: dict[str, str]) -> Any:
    shell = await asyncio.create_subprocess_exec(
        "bash", "-c", command, env={**os.environ, **known}, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await shell.communicate()
    assert shell.returncode == 0
    return json.loads(out)


@pytest.mark.parametrize("paper", ["booking.md", "booking.ru.md"])
async def test_the_examples_run(salon: BookingService, paper: str) -> None:
    text = (DOCS / paper).read_text(encoding="utf-8").replace("site-4711", f"key-of-{paper}")
    setting, *commands = re.findall(r"```bash\n(.*?)```", text, re.DOTALL)
    assert setting.startswith("HOST=")
    slots, book, records, history, move, confirm, attend, cancel = commands
    service = await salon.service_id()
    soonest = (await salon.slots(service, days=20))[0]["datetime"][:10]
    known = {
        "HOST": salon.service.url,
        "KEY": salon.key,
        "SERVICE": str(service),
        "DAY": soonest,
    }
    first, *others = (await run(slots, known))["data"]
    last = [one for one in others if one["staff_id"] == first["staff_id"]][-1]
    known |= {"AT": first["datetime"], "STAFF": str(first["staff_id"])}
    made = await run(book, known)
    assert made["state"] == "made", made
    assert await run(book, known) == made
    known["RECORD"] = str(made["record_id"])
    assert made["record_id"] in [one["id"] for one in (await run(records, known))["data"]]
    known["CLIENT"] = str(salon.record(made["record_id"]).client_id)
    assert made["record_id"] in [one["id"] for one in (await run(history, known))["data"]]
    known["LATER"] = last["datetime"]
    assert (await run(move, known))["data"]["datetime"] == last["datetime"]
    assert (await run(confirm, known))["data"]["attendance"] == 2
    assert (await run(attend, known))["data"]["attendance"] == 1
    assert (await run(cancel, known))["data"]["deleted"] is True
    assert salon.record(made["record_id"]).deleted
