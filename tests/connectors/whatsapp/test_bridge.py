"""The bridge's process, the lines on its pipes, and what is owed on both sides."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from kommutator.connectors.channels.whatsapp.bridge import Bridge
from kommutator.connectors.channels.whatsapp.errors import WhatsAppError
from kommutator.connectors.channels.whatsapp.host import BaileysHost
from kommutator.connectors.channels.whatsapp.line import BaileysLine
from kommutator.connectors.channels.whatsapp.program import bridge_program
from kommutator.domain.whatsapp.events import Closed, Composing, MessageHeard, WhatsAppEvent
from kommutator.domain.whatsapp.ports import LineOptions
from kommutator.kit.clock import ManualClock, SystemClock
from kommutator.kit.errors import ErrorKind, Stage
from tests.connectors.whatsapp.conftest import Heard, MemoryKeys, stand_in
from tests.support.waiting import eventually

MESSAGE = {"id": "M1", "chat": "7@lid", "at": 1_795_000_000, "kind": "text", "text": "Привет"}


class Noting(ManualClock):
    """Time stands still; how long somebody wanted to wait is noted."""

    def __init__(self) -> None:
        super().__init__()
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


async def opened(
    host: BaileysHost,
    *,
    session: str = "one",
    keys: MemoryKeys | None = None,
    heard: Heard | None = None,
) -> BaileysLine:
    return await host.open(session, keys or MemoryKeys(), LineOptions(), heard or Heard())


def event(line: BaileysLine, name: str, **words: Any) -> str:
    return json.dumps({"event": name, "line": line._number, **words})


async def asked(line: BaileysLine, what: str, **words: Any) -> Mapping[str, Any]:
    """What the bridge is answered when it asks."""
    question = json.dumps({"ask": 5, "what": what, "line": line._number, **words})
    return (await line.send("ask", question, "x")).content


class TestOrders:
    async def test_an_order_is_answered_whatever_its_own_words_are_called(
        self, host: BaileysHost
    ) -> None:
        line = await opened(host)
        sent = await line.send("anybody", "здравствуйте", "3EB0AA")
        assert (sent.message_id, sent.content) == ("3EB0AA", {"said": "здравствуйте"})

    async def test_many_orders_at_once_get_each_its_own_answer(self, host: BaileysHost) -> None:
        line = await opened(host)
        sent = await asyncio.gather(*(line.send("x", f"text {n}", f"id {n}") for n in range(50)))
        assert [one.content["said"] for one in sent] == [f"text {n}" for n in range(50)]

    async def test_what_no_answer_names_was_not_found(self, host: BaileysHost) -> None:
        line = await opened(host)
        (found,) = await line.find(["+79990000001"])
        assert (found.phone, found.jid, found.lid) == ("+79990000001", None, None)

    async def test_a_refusal_is_judged_by_the_table(self, host: BaileysHost) -> None:
        line = await opened(host)
        with pytest.raises(WhatsAppError) as refused:
            await line.send("refuse", json.dumps({"code": "not_open", "message": "no"}), "x")
        assert refused.value.kind is ErrorKind.TRANSIENT
        assert refused.value.stage is Stage.BEFORE_SENDING
        assert refused.value.hint == "whatsapp_not_open"

    async def test_no_answer_in_time_leaves_a_message_unsure(
        self, host: BaileysHost, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("kommutator.connectors.channels.whatsapp.line.SEND_S", 0.05)
        line = await opened(host)
        with pytest.raises(WhatsAppError) as late:
            await line.send("silence", "", "x")
        assert late.value.kind is ErrorKind.UNSURE

    async def test_a_whole_store_of_keys_goes_both_ways(self, host: BaileysHost) -> None:
        keys = MemoryKeys(keys={("pre-key", "1"): {"type": "Buffer", "data": "A" * 3_000_000}})
        line = await opened(host, keys=keys)
        answer = await asked(line, "keys.get", kind="pre-key", ids=["1", "2"])
        assert answer == {"answer": 5, "ok": {"1": keys.keys["pre-key", "1"]}}

    async def test_the_bridge_sees_no_secret_of_ours(
        self, host: BaileysHost, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("KOMMUTATOR_MASTER_KEYS", "canary")
        monkeypatch.setenv("NODE_TLS_REJECT_UNAUTHORIZED", "0")
        real = bridge_program(node=Path("/usr/bin/true"))
        assert set(real.environment) <= {"PATH", "LANG", "NODE_EXTRA_CA_CERTS"}
        line = await opened(host)
        seen = (await line.send("environment", "", "x")).content
        assert "canary" not in seen.values()


class TestNews:
    async def test_an_event_reaches_its_line_only(self, host: BaileysHost) -> None:
        ours, others = Heard(), Heard()
        line = await opened(host, heard=ours)
        await opened(host, session="two", heard=others)
        await line.send("say", event(line, "composing", chat="7@lid", typing=True), "x")
        assert ours.events == [Composing("7@lid", typing=True)]
        assert others.events == []

    async def test_a_fault_names_nobody(self, host: BaileysHost) -> None:
        line = await opened(host)
        message = "No session record for 79001234567.0"
        fault = json.dumps({"event": "fault", "line": None, "message": message})
        with capture_logs() as logs:
            await line.send("say", fault, "x")
        (told,) = [one for one in logs if one["event"] == "whatsapp_bridge_fault"]
        assert told["words"] == "No session record for ….0"

    async def test_garbage_hurts_nobody(self, host: BaileysHost) -> None:
        heard = Heard()
        line = await opened(host, heard=heard)
        for garbage in ("Closing session: SessionEntry {", "[1]", '{"x":1}', '{"event":7}', "\0"):
            await line.send("say", garbage, "x")
        await line.send("say", event(line, "of tomorrow", chat="7@lid"), "x")
        await line.send("say", '{"event":"composing","line":999,"chat":"7@lid"}', "x")
        await line.send("say", event(line, "composing", chat="7@lid", typing=False), "x")
        assert heard.events == [Composing("7@lid", typing=False)]

    async def test_whoever_cannot_take_an_event_does_not_stop_the_rest(
        self, host: BaileysHost
    ) -> None:
        def fail(_event: WhatsAppEvent) -> None:
            raise RuntimeError("no")

        clumsy, heard = Heard(written=fail), Heard()
        line = await opened(host, heard=clumsy)
        other = await opened(host, session="two", heard=heard)
        await line.send("say", event(line, "composing", chat="1@lid", typing=True), "x")
        await line.send("say", event(other, "composing", chat="2@lid", typing=True), "x")
        assert heard.events == [Composing("2@lid", typing=True)]

    async def test_a_message_is_answered_for_when_it_is_written_down(
        self, host: BaileysHost
    ) -> None:
        written = asyncio.Event()
        heard = Heard(written=lambda _event: written.wait())
        line = await opened(host, heard=heard)
        answering = asyncio.create_task(asked(line, "heard", message=MESSAGE))
        await eventually(lambda: heard.of(MessageHeard))
        assert not answering.done()
        written.set()
        assert await answering == {"answer": 5, "ok": None}
        assert heard.of(MessageHeard)[0].text == "Привет"

    async def test_a_message_that_was_not_written_down_is_refused(self, host: BaileysHost) -> None:
        async def unwritten() -> None:
            raise ConnectionError("the database is gone: password=canary")

        line = await opened(host, heard=Heard(written=lambda _event: unwritten()))
        answer = await asked(line, "heard", message=MESSAGE)
        assert answer == {"answer": 5, "error": "ConnectionError"}

    async def test_an_unreadable_message_is_not_brought_for_ever(self, host: BaileysHost) -> None:
        heard = Heard()
        line = await opened(host, heard=heard)
        assert await asked(line, "heard", message={"text": "whose?"}) == {"answer": 5, "ok": None}
        assert heard.events == []


class TestKeys:
    async def test_writes_land_in_the_order_they_were_asked_for(self, host: BaileysHost) -> None:
        gate = asyncio.Event()
        keys = MemoryKeys(hold=gate.wait)
        line = await opened(host, keys=keys)
        for turn in range(1, 4):
            change = {"session": {"7.0": turn}}
            words = {"ask": turn, "what": "keys.set", "line": line._number, "changes": change}
            await line.send("say", json.dumps(words), "x")
        assert keys.writes == []
        gate.set()
        await eventually(lambda: len(keys.writes) == 3)
        assert [write["session"]["7.0"] for write in keys.writes] == [1, 2, 3]

    async def test_what_was_sent_is_found_for_a_peer_that_could_not_read_it(
        self, host: BaileysHost
    ) -> None:
        keys = MemoryKeys(sent={"M7": {"conversation": "до завтра"}})
        line = await opened(host, keys=keys)
        answer = await asked(line, "message.get", id="M7")
        assert answer == {"answer": 5, "ok": {"conversation": "до завтра"}}
        assert await asked(line, "message.get", id="M8") == {"answer": 5, "ok": None}

    async def test_a_failed_write_is_told_to_the_bridge(self, host: BaileysHost) -> None:
        def fail() -> None:
            raise OSError("disk full")

        line = await opened(host, keys=MemoryKeys(hold=fail))
        answer = await asked(line, "keys.set", changes={"session": {"7.0": 1}})
        assert answer == {"answer": 5, "error": "OSError"}

    async def test_creds_are_kept_as_they_are_spelt(self, host: BaileysHost) -> None:
        keys = MemoryKeys()
        line = await opened(host, keys=keys)
        creds = {"noiseKey": {"private": {"type": "Buffer", "data": "AA=="}}, "registered": False}
        await asked(line, "creds.set", creds=creds)
        assert keys.stored == creds

    async def test_of_a_line_that_is_gone_nothing_is_kept(self, host: BaileysHost) -> None:
        keys = MemoryKeys()
        line = await opened(host, keys=keys)
        other = await opened(host, session="two")
        await line.close()
        question = {"ask": 5, "what": "keys.set", "line": line._number, "changes": {"a": {"b": 1}}}
        answer = await other.send("ask", json.dumps(question), "x")
        assert answer.content == {"answer": 5, "error": "no such line"}
        assert keys.writes == []


class TestLifeAndDeath:
    async def test_every_session_hears_that_the_bridge_died(self, host: BaileysHost) -> None:
        ours, others = Heard(), Heard()
        line = await opened(host, heard=ours)
        other = await opened(host, session="two", heard=others)
        waiting = asyncio.create_task(other.send("silence", "", "x"))
        with pytest.raises(WhatsAppError) as lost:
            await line.send("die", "", "x")
        assert lost.value.kind is ErrorKind.UNSURE
        with pytest.raises(WhatsAppError):
            await waiting
        await eventually(lambda: ours.events and others.events)
        assert ours.events == others.events == [Closed(None, "bridge_died")]

    async def test_writes_under_way_land_before_the_session_hears_of_the_death(
        self, host: BaileysHost
    ) -> None:
        gate, heard = asyncio.Event(), Heard()
        keys = MemoryKeys(hold=gate.wait)
        line = await opened(host, keys=keys, heard=heard)
        words = {"ask": 1, "what": "keys.set", "line": line._number, "changes": {"a": {"b": 1}}}
        await line.send("say", json.dumps(words), "x")
        with pytest.raises(WhatsAppError):
            await line.send("die", "", "x")
        assert heard.events == []
        gate.set()
        await eventually(lambda: heard.events)
        assert keys.keys == {("a", "b"): 1}

    async def test_the_next_session_starts_the_bridge_again(self, host: BaileysHost) -> None:
        line = await opened(host)
        with pytest.raises(WhatsAppError):
            await line.send("die", "", "x")
        again = await opened(host)
        assert (await again.send("anybody", "жив", "x")).content == {"said": "жив"}
        with pytest.raises(WhatsAppError) as old:
            await line.send("anybody", "?", "x")
        assert old.value.hint == "whatsapp_bridge_down"

    async def test_opening_again_closes_the_earlier_one_quietly(self, host: BaileysHost) -> None:
        first, second = Heard(), Heard()
        early = await opened(host, heard=first)
        line = await opened(host, heard=second)
        await line.send("say", event(early, "closed", code=440), "x")
        assert first.events == second.events == []

    async def test_a_bridge_that_cannot_start_says_why_and_is_given_more_time(self) -> None:
        clock = Noting()
        bridge = Bridge(lambda: stand_in("broken"), clock=clock)
        for _ in range(4):
            with pytest.raises(WhatsAppError, match="Cannot find package 'baileys'") as down:
                await bridge.child()
            assert down.value.hint == "whatsapp_bridge_down"
        assert clock.slept == [0.0, 0.5, 1.0, 2.0]

    async def test_stopping_ends_the_process(self) -> None:
        host = BaileysHost(clock=SystemClock(), program=stand_in)
        assert await host.stats() == {"starts": 0}
        await opened(host)
        assert await host.stats() == {"starts": 1, "lines": 1, "rss": 7}
        child = host._bridge.running
        assert child is not None
        await host.stop()
        assert child._process.returncode == 0


class TestProgram:
    def test_without_its_folder_the_bridge_is_missing(self, tmp_path: Path) -> None:
        with pytest.raises(WhatsAppError, match=r"whatsapp/main\.mjs") as missing:
            bridge_program(tmp_path)
        assert missing.value.hint == "whatsapp_bridge_missing"

    def test_without_the_library_the_bridge_is_missing(self, tmp_path: Path) -> None:
        (tmp_path / "whatsapp").mkdir()
        (tmp_path / "whatsapp" / "main.mjs").touch()
        with pytest.raises(WhatsAppError, match="node_modules/baileys"):
            bridge_program(tmp_path)

    def test_without_node_the_bridge_is_missing(self) -> None:
        with pytest.raises(WhatsAppError, match="Node 20") as missing:
            bridge_program(find=lambda: None)
        assert missing.value.hint == "whatsapp_bridge_missing"

    def test_the_given_node_runs_the_given_bridge(self, tmp_path: Path) -> None:
        for name in ("whatsapp/main.mjs", "node_modules/baileys/package.json"):
            (tmp_path / name).parent.mkdir(parents=True)
            (tmp_path / name).touch()
        program = bridge_program(tmp_path, Path("/opt/node"))
        assert program.command == (
            "/opt/node",
            "--max-semi-space-size=4",
            str(tmp_path / "whatsapp" / "main.mjs"),
        )
