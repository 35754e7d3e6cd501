"""What one process is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from kommutator.compose.whatsapp import WhatsAppParts
from kommutator.domain.connection import ConnectionKind
from kommutator.domain.ports import Delivery
from kommutator.flows.ask_crm import AskCrm
from kommutator.flows.follow_calls import FollowCalls
from kommutator.flows.house import House
from kommutator.flows.pauses import Decide
from kommutator.kit.http import HttpClient
from kommutator.workers.journal_runner import Prepare
from kommutator.workers.recordings import RecordingWorker


class Background(Protocol):
    """Work that goes on aside in a process of the role "worker"."""

    async def start(self) -> None: ...
    async def stop(self) -> None: ...


@runtime_checkable
class Kickable(Protocol):
    """Background work that looks around at once when something is wanted, or was connected."""

    def kick(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Composition:
    """The house, and the parts that only processes need. `decide` gives journal rows effect."""

    house: House
    http: HttpClient
    follow: FollowCalls
    decide: Decide
    prepare: Prepare
    ask_crm: AskCrm
    deliveries: dict[ConnectionKind, Delivery]
    recordings: RecordingWorker
    whatsapp: WhatsAppParts
    background: Sequence[Background] = ()
