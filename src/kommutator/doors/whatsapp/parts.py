"""What every hold on a session needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kommutator.domain.connection import Account
from kommutator.domain.lanes import Delivering
from kommutator.domain.ports import Delivery
from kommutator.domain.whatsapp.ports import LineOptions, WhatsAppHost
from kommutator.doors.whatsapp.feed import Intake
from kommutator.doors.whatsapp.lines import Lines
from kommutator.flows.whatsapp.follow import HearSession
from kommutator.kit.clock import Clock
from kommutator.kit.crypto import Vault
from kommutator.kit.ids import Ids
from kommutator.store.database import Database


@dataclass(frozen=True, slots=True)
class Parts:
    """What every tenure needs.

    Attributes:
        options: how a session of this account is opened.
        forget: the account changed: caches of this process shall know at once.
    """

    db: Database
    vault: Vault
    host: WhatsAppHost
    options: Callable[[Account], LineOptions]
    intake: Intake
    lines: Lines
    delivering: Delivering
    delivery: Delivery
    clock: Clock
    ids: Ids
    forget: Callable[[Account], None]
    hearers: Sequence[HearSession] = ()
