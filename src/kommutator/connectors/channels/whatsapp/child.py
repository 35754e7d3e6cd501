"""One life of the bridge: its process, lines of JSON on its pipes, what is owed on both sides.

Three kinds of exchange, described in `sidecars/whatsapp/pipe.mjs`.
"""

from __future__ import annotations

import asyncio
import itertools
import re
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from typing import Any, Final, Protocol

import msgspec
import structlog

from kommutator.connectors.channels.whatsapp.errors import down, judged
from kommutator.connectors.channels.whatsapp.manifest import LONGEST_LINE, READY_S
from kommutator.connectors.channels.whatsapp.program import Program
from kommutator.kit.plain_json import as_map, as_text, read_json

_log = structlog.get_logger(__name__)
_FAREWELL_S: Final = 5.0
_UNFINISHED_S: Final = 10.0
_NUMBER: Final = re.compile(r"\d{7,}")  # the library names people in its errors
_COMPLAINTS: Final = 8  # last lines of stderr, kept until it is ready: later ones may hold anything


class Feed(Protocol):
    """Whoever is told what the bridge says about one line."""

    def told(self, name: str, words: Mapping[str, Any]) -> None:
        """An event; returns at once."""
        ...

    async def asked(self, what: str, words: Mapping[str, Any]) -> Any:
        """What the bridge has to wait for. Raising refuses it."""
        ...

    def died(self) -> None:
        """The bridge is gone; nothing more comes."""
        ...


class Child:
    """Started by `Child.start`; ends once, and then `ended` is set."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._numbers = itertools.count(1)
        self._pending: dict[int, asyncio.Future[Mapping[str, Any]]] = {}
        self._asks: set[asyncio.Task[None]] = set()
        self._writing = asyncio.Lock()
        self._gone = False
        self._complaints: deque[bytes] = deque(maxlen=_COMPLAINTS)
        self._ready = asyncio.Event()
        self.feeds: dict[int, Feed] = {}
        self.ended = asyncio.Event()
        self._reading = asyncio.create_task(self._read())
        self._hearing = asyncio.create_task(self._hear_complaints())

    @classmethod
    async def start(cls, program: Program) -> Child:
        """Returns when it is ready. Raises WhatsAppError: `whatsapp_bridge_down`."""
        try:
            process = await asyncio.create_subprocess_exec(
                *program.command,
                stdin=PIPE,
                stdout=PIPE,
                stderr=PIPE,
                limit=LONGEST_LINE,
                env=program.environment,
                start_new_session=True,  # our Ctrl-C is not its: it ends when its stdin does
            )
        except OSError as error:
            raise down(f"the bridge cannot be started: {error.strerror}") from error
        child = cls(process)
        try:
            await child._get_ready()
        except BaseException:
            await child.stop()
            raise
        return child

    async def call(
        self, do: str, order: Mapping[str, Any], *, within: float, writing: bool = False
    ) -> Mapping[str, Any]:
        """Order something and wait for the answer, `within` seconds.

        Args:
            writing: a lost answer leaves us unsure.

        Raises:
            WhatsAppError: judged by the table.
        """
        if self.ended.is_set():
            raise down("the bridge ended")
        number = next(self._numbers)
        answer = asyncio.get_running_loop().create_future()
        self._pending[number] = answer
        try:
            async with asyncio.timeout(within):
                await self._write({"id": number, "do": do, "with": order})
                reply: Mapping[str, Any] = await answer
        except TimeoutError:
            reply = {"error": {"code": "timed_out", "message": f"{do}: no answer in time"}}
        finally:
            self._pending.pop(number, None)
        if "error" in reply:
            raise judged(reply["error"], writing=writing)
        return as_map(reply.get("ok"))

    async def stop(self) -> None:
        """Close its stdin, upon which it ends by itself; killed if it does not."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            async with asyncio.timeout(_FAREWELL_S):
                await self.ended.wait()
        except TimeoutError:
            self._kill()
            await self.ended.wait()
        self._hearing.cancel()

    # --- what comes ------------------------------------------------------------------------

    async def _get_ready(self) -> None:
        gone = asyncio.create_task(self.ended.wait())
        ready = asyncio.create_task(self._ready.wait())
        await asyncio.wait({gone, ready}, timeout=READY_S, return_when=asyncio.FIRST_COMPLETED)
        gone.cancel()
        ready.cancel()
        if not self._ready.is_set():
            words = b" ".join(self._complaints).decode(errors="replace").strip()
            raise down(f"the bridge did not start: {words[-300:]}")
        self._complaints.clear()

    async def _read(self) -> None:
        stdout = self._process.stdout
        assert stdout is not None
        try:
            while line := await stdout.readline():
                self._take(line)
        except ValueError:
            _log.error("whatsapp_bridge_line_too_long", limit=LONGEST_LINE)
            self._kill()
        finally:
            await self._end()

    def _take(self, line: bytes) -> None:
        try:
            words = as_map(read_json(line))
        except ValueError:
            words = {}
        if "re" in words:
            waiting = self._pending.get(words["re"])
            if waiting is not None and not waiting.done():
                waiting.set_result(words)
        elif "ask" in words:
            self._spawn(self._answer(words))
        elif "event" in words:
            self._event(words)
        else:
            _log.warning("whatsapp_bridge_said_garbage", length=len(line))

    def _event(self, words: Mapping[str, Any]) -> None:
        name = as_text(words["event"]) or ""
        feed = self.feeds.get(words.get("line", 0))
        if feed is not None:
            feed.told(name, words)
        elif name == "ready":
            self._ready.set()
            _log.info("whatsapp_bridge_ready", node=words.get("node"), library=words.get("baileys"))
        elif name == "fault":
            told = _NUMBER.sub("…", as_text(words.get("message")) or "")
            _log.warning("whatsapp_bridge_fault", words=told)

    async def _answer(self, words: Mapping[str, Any]) -> None:
        reply: dict[str, Any] = {"answer": words["ask"]}
        feed = self.feeds.get(words.get("line", 0))
        what = as_text(words.get("what")) or ""
        if feed is None:
            reply["error"] = "no such line"
        else:
            try:
                reply["ok"] = await feed.asked(what, words)
            except Exception as error:  # noqa: BLE001  whatever it is, the bridge must not wait for it
                _log.warning("whatsapp_bridge_refused", what=what, error=type(error).__name__)
                reply["error"] = type(error).__name__
        await self._write(reply)

    async def _hear_complaints(self) -> None:
        stderr = self._process.stderr
        assert stderr is not None
        with suppress(ValueError):  # a line beyond all limits: nothing worth reading
            while line := await stderr.readline():
                if not self._ready.is_set():
                    self._complaints.append(line)

    # --- what goes -------------------------------------------------------------------------

    async def _write(self, words: Mapping[str, Any]) -> None:
        """A bridge that is gone reads nothing: `_end` tells everybody who waits."""
        stdin = self._process.stdin
        assert stdin is not None
        async with self._writing:
            if self._gone:
                return
            with suppress(ConnectionError, RuntimeError):  # its end of the pipe, or ours, is closed
                stdin.write(msgspec.json.encode(words) + b"\n")
                await stdin.drain()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._asks.add(task)
        task.add_done_callback(self._asks.discard)

    # --- the end ---------------------------------------------------------------------------

    async def _end(self) -> None:
        """Writes that are under way land first: whoever opens again must read them."""
        self._gone = True
        code = await self._exit_code()
        gone = {"error": {"code": "died", "message": "the bridge ended before it answered"}}
        for waiting in self._pending.values():
            if not waiting.done():
                waiting.set_result(gone)
        if self._asks:
            _, late = await asyncio.wait(set(self._asks), timeout=_UNFINISHED_S)
            for task in late:
                task.cancel()
        feeds = list(self.feeds.values())
        self.feeds.clear()
        self.ended.set()
        _log.info("whatsapp_bridge_ended", code=code, lines=len(feeds))
        for feed in feeds:
            feed.died()

    async def _exit_code(self) -> int:
        """Whoever closed its stdout is ending already, and is killed only if it does not."""
        try:
            async with asyncio.timeout(_FAREWELL_S):
                return await self._process.wait()
        except TimeoutError:
            self._kill()
            return await self._process.wait()

    def _kill(self) -> None:
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()
