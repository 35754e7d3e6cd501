"""The parts of the assistant: what hears clients, thinks, acts, hands over, and works aside."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from kommutator.assistant.rules.reader import Reader
from kommutator.assistant.rules_brain import RulesBrain
from kommutator.compose.composition import Background
from kommutator.compose.visits import VisitParts
from kommutator.compose.yclients import Ground
from kommutator.domain.assistant.ports import Brain
from kommutator.flows.converse.acts import DoActs
from kommutator.flows.converse.aside import Aside
from kommutator.flows.converse.client_card import ClientCards
from kommutator.flows.converse.converse import Converse
from kommutator.flows.converse.finish import FinishTurn
from kommutator.flows.converse.handing import TellStaff
from kommutator.flows.converse.hear import HearClients
from kommutator.flows.converse.inbox import Inbox
from kommutator.flows.converse.minds import Minds
from kommutator.flows.converse.open import OpenTurns
from kommutator.flows.converse.ports import OpenQuestions, TakeRating
from kommutator.flows.converse.rehearse import Rehearse
from kommutator.flows.converse.salon_of import SalonOf
from kommutator.flows.converse.scene import SetScene
from kommutator.flows.directory import Directory
from kommutator.kit.clock import Clock
from kommutator.kit.metrics import Metrics
from kommutator.kit.news import News
from kommutator.kit.texts import Texts
from kommutator.workers.assistant import AssistantWorker


@dataclass(frozen=True, slots=True)
class Asks:
    """What we ask clients by ourselves: which questions are open, and who takes an answer."""

    questions: OpenQuestions | None = None
    rating: TakeRating | None = None


@dataclass(frozen=True, slots=True)
class AssistantParts:
    """Services for the house, and the work aside.

    Attributes:
        news: by which the worker hears of messages; the house publishes them.
        converse, rehearse: None where there is no booking system to talk about.
    """

    inbox: Inbox
    client_cards: ClientCards
    news: News
    converse: Converse | None = None
    rehearse: Rehearse | None = None
    background: Sequence[Background] = ()


def hear_clients(
    directory: Directory, metrics: Metrics, texts: Texts, clock: Clock, asks: Asks
) -> HearClients:
    """Hears every message of every messenger."""
    aside = Aside(Reader(), texts, asks.questions, clock=clock)
    return HearClients(SalonOf(directory), aside, metrics)


def compose_assistant(
    on: Ground,
    directory: Directory,
    texts: Texts,
    metrics: Metrics,
    visits: VisitParts | None,
    *,
    asks: Asks | None = None,
    brains: Callable[[RulesBrain], Mapping[str, Brain]] | None = None,
) -> AssistantParts:
    """Nothing is started and nothing is asked. `brains`: beside the rules, given them."""
    db, clock, asks = on.db, on.clock, asks or Asks()
    inbox, news = Inbox(db, clock=clock), News()
    if visits is None:
        return AssistantParts(inbox, ClientCards(db, directory, None, clock=clock), news)
    desk = visits.desk
    rules = RulesBrain(Reader(), texts)
    minds = Minds({rules.name: rules, **(brains(rules) if brains else {})}, rules)
    scene = SetScene(db, desk.shelf, desk.reader)
    tell_staff = TellStaff(texts, clock=clock, public_url=on.settings.public_url)
    converse = Converse(
        db,
        desk.shelf,
        OpenTurns(db, directory, SalonOf(directory), asks.questions),
        scene,
        minds,
        DoActs(desk),
        FinishTurn(db, tell_staff, rules.summary, asks.rating, clock=clock, metrics=metrics),
        texts,
    )
    return AssistantParts(
        inbox=inbox,
        client_cards=ClientCards(db, directory, scene, clock=clock),
        news=news,
        converse=converse,
        rehearse=Rehearse(db, desk.shelf, scene, minds),
        background=[AssistantWorker(db, converse, news, clock=clock, ids=on.ids)],
    )
