"""The parts that send messages nobody asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kommutator.compose.yclients import Ground
from kommutator.domain.outreach.wanted import OutreachKind
from kommutator.flows.outreach.consents import Consents
from kommutator.flows.outreach.desk import OutreachDesk
from kommutator.flows.outreach.follow import FollowOutreach
from kommutator.flows.outreach.ports import Recheck, SentHearer
from kommutator.flows.outreach.send import SendDue
from kommutator.workers.outreach import OutreachWorker


@dataclass(frozen=True, slots=True)
class OutreachParts:
    """A service for the house, and the work aside."""

    desk: OutreachDesk
    worker: OutreachWorker


def compose_outreach(
    on: Ground, rechecks: Mapping[OutreachKind, Recheck], sent: Sequence[SentHearer] = ()
) -> OutreachParts:
    """Nothing is started and nothing is sent.

    Args:
        rechecks: who is asked just before a message of this kind goes out.
        sent: who hears of it.
    """
    send = SendDue(
        on.db,
        rechecks=rechecks,
        sent=sent,
        clock=on.clock,
        jitter=on.ids.uniform,
        on=on.settings.outreach,
    )
    follow = FollowOutreach(on.db, clock=on.clock)
    desk = OutreachDesk(on.db, Consents(on.db, clock=on.clock), clock=on.clock)
    return OutreachParts(desk, OutreachWorker(on.db, send, follow, clock=on.clock, ids=on.ids))
