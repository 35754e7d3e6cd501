"""Carries webhooks out: posts within 2 s, retries on the twin's clock, switches off (§1.6).

Two clocks: how long an answer took is real time; when a retry is due is the twin's own time, so
that hours pass when a control path says so.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

import aiohttp

from kommutator.kit.clock import Clock
from kommutator.kit.ids import Ids
from kommutator.twins.amocrm.hook_delivery import Delivery, DeliveryLog, Subscription
from kommutator.twins.amocrm.hook_form import encode_form
from kommutator.twins.amocrm.hook_ladder import NO_ANSWER, is_good, next_delay
from kommutator.twins.amocrm.hook_switches import HookSwitches

Json = dict[str, Any]

ANSWER_SECONDS = 2.0
USER_AGENT = "amoCRM-Webhooks/3.0"
CONNECTIONS = 200
# A delivery held back to come out of order goes by itself when no other follows.
HELD_SECONDS = 1.0


class HookSender:
    """The queue of all webhooks of one twin."""

    def __init__(
        self,
        switches: HookSwitches,
        ids: Ids,
        clock: Clock,
        ring: Callable[[], None],
        stands: Callable[[str, Subscription], bool],
    ) -> None:
        self.log = DeliveryLog()
        self._switches = switches
        self._ids = ids
        self._clock = clock
        self._ring = ring
        # Whether an account still has this webhook.
        self._stands = stands
        self._held: dict[str, Delivery] = {}
        self._working: set[asyncio.Task[None]] = set()
        self._sleeping: dict[asyncio.Task[None], Delivery] = {}
        self._session: aiohttp.ClientSession | None = None

    def submit(self, account: str, subscription: Subscription, body: Json) -> list[Delivery]:
        """Send a body, unless the knobs lose it; returns what was put on its way."""
        text = encode_form(body)
        if self._chance(self._switches.hook_loss):
            self._keep(Delivery(account, subscription, text, "", outcome="lost"))
            return []
        twice = self._chance(self._switches.hook_duplicate)
        request_id = str(self._ids.uuid())
        made = [Delivery(account, subscription, text, request_id)]
        if twice:
            again = request_id if self._switches.hook_same_request_id else str(self._ids.uuid())
            made.append(Delivery(account, subscription, text, again))
        for delivery in made:
            self._keep(delivery)
            self._order(delivery)
        return made

    @property
    def waiting(self) -> int:
        """How many deliveries wait for their time."""
        return len(self._sleeping)

    async def idle(self, seconds: float) -> bool:
        """Wait until nothing is under way (later retries do not count); False after `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                while self._working:
                    await asyncio.wait(self._working)
        except TimeoutError:
            return False
        return True

    def forget(self, account: str | None = None) -> None:
        """Withdraw what waits for one account, or everything, and its history."""
        for task, delivery in list(self._sleeping.items()):
            if account in (None, delivery.account):
                task.cancel()
        self.log.clear(account)

    async def close(self) -> None:
        """Drop everything and let the connections go."""
        tasks = [*self._working, *self._sleeping]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def _keep(self, delivery: Delivery) -> None:
        delivery.at = self._clock.now().timestamp()
        self.log.add(delivery)

    def _chance(self, share: float) -> bool:
        return share > 0 and self._ids.uniform() < share

    def _order(self, delivery: Delivery) -> None:
        """Straight on, or held back behind the next one of the same destination."""
        target, delay = delivery.subscription.destination, self._switches.hook_delay_seconds
        held = self._held.pop(target, None)
        if held is None and self._chance(self._switches.hook_reorder):
            self._held[target] = delivery
            self._start(self._release(target, delivery))
            return
        self._later(delay, delivery)
        if held is not None:
            self._later(delay, held)

    async def _release(self, target: str, delivery: Delivery) -> None:
        await asyncio.sleep(HELD_SECONDS)
        if self._held.get(target) is delivery:
            del self._held[target]
            await self._deliver(delivery)

    def _later(self, seconds: float, delivery: Delivery) -> None:
        if seconds <= 0:
            self._start(self._deliver(delivery))
            return
        task = asyncio.get_running_loop().create_task(self._sleep(seconds, delivery))
        self._sleeping[task] = delivery
        task.add_done_callback(lambda done: self._sleeping.pop(done, None))

    async def _sleep(self, seconds: float, delivery: Delivery) -> None:
        await self._clock.sleep(seconds)
        self._start(self._deliver(delivery))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._working.add(task)
        task.add_done_callback(self._working.discard)

    async def _deliver(self, delivery: Delivery) -> None:
        subscription = delivery.subscription
        if subscription.disabled or not self._stands(delivery.account, subscription):
            delivery.outcome = "disabled" if subscription.disabled else "withdrawn"
            return
        delivery.at = self._clock.now().timestamp()
        started = time.perf_counter()
        code = delivery.code = await self._post(delivery)
        delivery.took_ms = (time.perf_counter() - started) * 1000
        delivery.outcome = "good" if is_good(code) else "bad"
        too_many = subscription.bad.note(code, self._clock.now().timestamp())
        if too_many and not subscription.short:
            subscription.disabled = True
        self._follow(delivery, code)
        self._ring()

    def _follow(self, delivery: Delivery, code: int) -> None:
        """Put the next attempt on its ladder; a short hook is sent once."""
        if delivery.subscription.short or delivery.subscription.disabled:
            return
        delay = next_delay(delivery.attempt, code, always=self._switches.hook_retry_always)
        if delay is None:
            return
        same = self._switches.hook_same_request_id
        following = delivery.next(delivery.request_id if same else str(self._ids.uuid()))
        self._keep(following)
        self._later(delay, following)

    async def _post(self, delivery: Delivery) -> int:
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "User-Agent": USER_AGENT,
            "X-Amocrm-Requestid": delivery.request_id,
            "Accept-Encoding": "gzip",
        }
        url, data = delivery.subscription.destination, delivery.body.encode()
        try:
            async with self._client().post(
                url, data=data, headers=headers, allow_redirects=False
            ) as answer:
                await answer.read()
                return answer.status
        except TimeoutError:
            return self._switches.hook_timeout_status
        except (aiohttp.ClientError, ValueError, OSError):
            return NO_ANSWER

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=ANSWER_SECONDS),
                connector=aiohttp.TCPConnector(limit=CONNECTIONS),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
            )
        return self._session
