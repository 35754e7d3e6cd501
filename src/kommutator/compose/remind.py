"""The parts that remind, ask and win back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kommutator.compose.assistant import Asks
from kommutator.compose.yclients import Ground
from kommutator.domain.outreach.wanted import REMINDERS, OutreachKind
from kommutator.flows.directory import Directory
from kommutator.flows.outreach.owe import Outreach
from kommutator.flows.outreach.ports import Recheck
from kommutator.flows.remind.ask import OpenQuestion, ReadQuestions
from kommutator.flows.remind.desk import Reminders
from kommutator.flows.remind.plan import PlanMessages
from kommutator.flows.remind.rate import KeepRating
from kommutator.flows.remind.recheck import StillTrue
from kommutator.flows.remind.win_back import WinBack
from kommutator.flows.remind.wording import Wording
from kommutator.flows.salon.offer import still_missed
from kommutator.flows.salon.shelf import SalonShelf
from kommutator.kit.texts import Texts
from kommutator.workers.remind import RemindWorker


@dataclass(frozen=True, slots=True)
class RemindParts:
    """What other stories need, a service for the house, and the work aside.

    Attributes:
        hear: hears of visits that changed.
        sent: hears of messages that went out.
    """

    hear: PlanMessages
    sent: OpenQuestion
    asks: Asks
    reminders: Reminders
    win_back: WinBack
    worker: RemindWorker
    wording: Wording


def compose_remind(
    on: Ground, directory: Directory, outreach: Outreach, texts: Texts
) -> RemindParts:
    """Nothing is started and nothing is asked."""
    db, clock = on.db, on.clock
    wording = Wording(texts)
    plan = PlanMessages(outreach, wording, clock=clock)
    win_back = WinBack(db, directory, outreach, wording, clock=clock)
    return RemindParts(
        hear=plan,
        sent=OpenQuestion(clock=clock),
        asks=Asks(ReadQuestions(clock=clock), KeepRating(directory, texts, clock=clock)),
        reminders=Reminders(db, directory, plan, wording, texts, clock=clock),
        win_back=win_back,
        worker=RemindWorker(db, win_back, clock=clock),
        wording=wording,
    )


def rechecks_of(
    on: Ground, parts: RemindParts, directory: Directory, shelf: SalonShelf
) -> Mapping[OutreachKind, Recheck]:
    """Who is asked just before each kind goes out."""
    still = StillTrue(directory, shelf, parts.wording, clock=on.clock)
    asked: dict[OutreachKind, Recheck] = dict.fromkeys([*REMINDERS, OutreachKind.REVIEW], still)
    return {**asked, OutreachKind.WIN_BACK: parts.win_back, OutreachKind.MISSED_CALL: still_missed}
