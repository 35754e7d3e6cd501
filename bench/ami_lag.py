"""AMI event to domain event: how long after Asterisk's word our decision stands.

Real SIP calls at 10 a second through a real Asterisk; the running service on a durable
PostgreSQL. Lag is from the event's own time stamp, by the same machine's clock, until the journal
row it became is decided upon: the call, the card and the record then stand on disk.
Requirement: a 99th percentile of at most 50 ms; the exit code tells.

    python -m bench.ami_lag [seconds [calls a second]]
"""

import asyncio
import sys
import time
from contextlib import AsyncExitStack

from bench.click_to_call import CACHE, linked
from bench.ground import database, open_folder, server, until
from kommutator.twins.pbx.behaviour import Behaviour, answers
from kommutator.twins.pbx.config import PbxConfig
from kommutator.twins.pbx.install import install
from kommutator.twins.pbx.phone import Phone
from kommutator.twins.pbx.provider import Provider
from kommutator.twins.pbx.server import PrivateAsterisk
from tests.support.town import Town, open_town

MOST_MS = 50.0
WARM_UP_S = 3.0
EXTENSIONS = tuple(str(150 + number) for number in range(10))
PICKS_UP: Behaviour = answers(0.2)
TALK_S = 1.0

_LAGS = """
SELECT extract(epoch FROM {until})::float8
     - (convert_from(body, 'UTF8')::jsonb ->> 'Timestamp')::float8 AS lag
  FROM journal WHERE source = 'ami' AND kind <> 'Reconcile' AND state <> 'new'
   AND received_at > to_timestamp($1) ORDER BY lag"""
_RIGHT = """
SELECT count(*) FROM calls
 WHERE direction = 'in' AND phase = 'ended' AND result = 'answered' AND talk_s BETWEEN 0 AND 3"""


def dialplan() -> PbxConfig:
    """A company number for each phone: every call rings one phone."""
    lines = [
        f"exten => 3750001{extension},1,Dial(PJSIP/{extension},30,tT)\n same => n,Hangup()"
        for extension in EXTENSIONS
    ]
    return PbxConfig(extensions=EXTENSIONS, extra_lines="\n".join(lines))


async def one_call(provider: Provider, number: int) -> None:
    did = f"3750001{EXTENSIONS[number % len(EXTENSIONS)]}"
    call = await provider.call_in(f"+37529{number:07d}", did, talk_s=TALK_S)
    await call.wait_ended(20)


async def drive(provider: Provider, seconds: float, rate: float) -> int:
    """Calls at this pace, whatever becomes of the earlier ones; returns how many."""
    began, calls = time.monotonic(), []
    for number in range(round(seconds * rate)):
        await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
        calls.append(asyncio.create_task(one_call(provider, number)))
    await asyncio.gather(*calls)
    return len(calls)


async def settled(town: Town) -> bool:
    """Every call has ended and everything about it is decided."""
    living = "SELECT count(*) FROM calls WHERE phase IN ('ringing', 'talking')"
    return await town.value(living) == 0 and await town.quiet()


def at(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


async def main(seconds: float, rate: float) -> bool:
    async with AsyncExitStack() as stack:
        dsn = stack.enter_context(server())
        folder = stack.enter_context(open_folder())
        url = await stack.enter_async_context(database(dsn, "bench_ami_lag"))
        pbx = PrivateAsterisk(install(CACHE), folder / "asterisk", dialplan())
        asterisk = await stack.enter_async_context(pbx)
        for extension in EXTENSIONS:
            phone = Phone(asterisk.sip_address, extension, asterisk.phone_secret, PICKS_UP)
            await stack.enter_async_context(phone)
        provider = Provider(asterisk.sip_address, asterisk.ports.trunk)
        await stack.enter_async_context(provider)
        town = await stack.enter_async_context(open_town(url, folder))
        (tenant,) = town.tenants
        await town.connect_pbx(tenant, asterisk.ports.ami, asterisk.ami_user, asterisk.ami_secret)
        await town.up()
        await linked(town)
        await drive(provider, WARM_UP_S, rate)
        await until(lambda: settled(town))
        return await measured(town, provider, seconds, rate)


async def measured(town: Town, provider: Provider, seconds: float, rate: float) -> bool:
    before, began = await town.value(_RIGHT), time.time()
    calls = await drive(provider, seconds, rate)
    await until(lambda: settled(town))
    right = await town.value(_RIGHT) - before
    print(f"{calls} calls at {rate:g}/s, {right} told right")
    await spread(town, "AMI event → journal", "received_at", began)
    slowest = await spread(town, "AMI event → decided", "decided_at", began)
    return slowest <= MOST_MS and right == calls


async def spread(town: Town, name: str, until_column: str, began: float) -> float:
    """Print how the lags lie; returns the 99th percentile in ms."""
    rows = await town.fetch(_LAGS.format(until=until_column), began)
    lags = [row["lag"] * 1000 for row in rows]
    print(
        f"{name:24} p50 {at(lags, 0.5):7.2f} ms  p90 {at(lags, 0.9):7.2f}"
        f"  p99 {at(lags, 0.99):7.2f}  most {lags[-1]:7.2f}  n={len(lags)}"
    )
    return at(lags, 0.99)


if __name__ == "__main__":
    given = [float(word) for word in sys.argv[1:]]
    kept = asyncio.run(main(*(given + [30.0, 10.0][len(given) :])))
    sys.exit(0 if kept else 1)
