"""The parts of WhatsApp by QR: who holds the sockets, the service, what its lanes are made of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from kommutator.compose.yclients import Ground
from kommutator.connectors.channels.whatsapp.host import BaileysHost
from kommutator.connectors.channels.whatsapp.program import Program, bridge_program
from kommutator.domain.connection import Account
from kommutator.domain.lanes import Delivering
from kommutator.domain.whatsapp.ports import LineOptions, WhatsAppHost
from kommutator.doors.whatsapp.delivery import Pace, WhatsAppDelivery
from kommutator.doors.whatsapp.lines import Lines
from kommutator.doors.whatsapp.parts import Parts
from kommutator.doors.whatsapp.runner import WhatsAppRunner
from kommutator.flows.directory import Directory
from kommutator.flows.intake import Intake
from kommutator.flows.whatsapp.desk import WhatsAppDesk
from kommutator.flows.whatsapp.follow import HearSession
from kommutator.flows.whatsapp.sessions import WhatsAppSessions
from kommutator.kit.clock import Clock
from kommutator.settings import Settings
from kommutator.workers.talk_figures import Stats, TalkFigures


@dataclass(frozen=True, slots=True)
class WhatsAppMeans:
    """How WhatsApp is reached; a test brings its own.

    Attributes:
        host: None: the real one.
        clock: by which lines are watched and opened again; None: that of the process.
    """

    host: WhatsAppHost | None = None
    pace: Pace = field(default_factory=Pace)
    clock: Clock | None = None


@dataclass(frozen=True, slots=True)
class WhatsAppParts:
    """The service for the house, and what only processes need.

    Attributes:
        stop: ends whoever holds the sockets, after the lanes.
        stats: what the bridge of this process weighs.
    """

    on: Ground
    clock: Clock
    sessions: WhatsAppSessions
    desk: WhatsAppDesk
    host: WhatsAppHost
    stop: Callable[[], Awaitable[None]]
    lines: Lines
    delivery: WhatsAppDelivery
    hearers: Sequence[HearSession]
    stats: Stats

    @property
    def figures(self) -> TalkFigures:
        """For /metrics of a worker."""
        return TalkFigures(self.on.db, self.stats, clock=self.on.clock)

    def runner(
        self, directory: Directory, intake: Intake, delivering: Delivering
    ) -> WhatsAppRunner:
        """Of the room "wa"."""
        on = self.on
        parts = Parts(
            on.db,
            on.vault,
            self.host,
            self.options,
            intake,
            self.lines,
            delivering,
            self.delivery,
            self.clock,
            on.ids,
            lambda account: directory.invalidate(account.enterprise),
            self.hearers,
        )
        return WhatsAppRunner(parts, directory)

    def find_bridge(self) -> str:
        """The Node that would run the bridge here. Raises WhatsAppError: something is missing."""
        return _bridge(self.on.settings).command[0]

    def options(self, account: Account) -> LineOptions:
        """How a session of this account is opened."""
        settings = self.on.settings
        return LineOptions(
            url=settings.whatsapp_url,
            proxy=account.secrets.get("proxy", ""),
            version=settings.whatsapp_protocol,
            root_key=settings.whatsapp_root_key,
        )


def _bridge(settings: Settings) -> Program:
    return bridge_program(settings.whatsapp_sidecars, settings.whatsapp_node)


async def _no_bridge() -> Mapping[str, int]:
    """A test's host starts none."""
    return {}


async def _nothing() -> None:
    """A host that a test made is ended by the test."""


def compose_whatsapp(
    on: Ground, means: WhatsAppMeans | None = None, *, hearers: Sequence[HearSession] = ()
) -> WhatsAppParts:
    """Nothing is started. `hearers` are told of each state that a session comes into."""
    sessions = WhatsAppSessions(
        on.db, on.vault, most=on.settings.whatsapp_phones, clock=on.clock, ids=on.ids
    )
    means, stop, stats = means or WhatsAppMeans(), _nothing, _no_bridge
    host = means.host
    if host is None:
        bridge = BaileysHost(clock=on.clock, program=partial(_bridge, on.settings))
        host, stop, stats = bridge, bridge.stop, bridge.stats
    lines = Lines()
    return WhatsAppParts(
        on=on,
        clock=means.clock or on.clock,
        sessions=sessions,
        desk=WhatsAppDesk(sessions),
        host=host,
        stop=stop,
        lines=lines,
        delivery=WhatsAppDelivery(on.db, lines, clock=on.clock, ids=on.ids, pace=means.pace),
        hearers=hearers,
        stats=stats,
    )
