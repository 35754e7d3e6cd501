"""The parts that speak with clients: messengers, reminders, salons that they are about, talks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kommutator.compose.assistant import AssistantParts, compose_assistant, hear_clients
from kommutator.compose.channels import ChannelParts, compose_channels
from kommutator.compose.composition import Background
from kommutator.compose.llm import LlmParts, compose_llm
from kommutator.compose.outreach import OutreachParts, compose_outreach
from kommutator.compose.remind import RemindParts, compose_remind, rechecks_of
from kommutator.compose.salons import SalonParts, compose_salons
from kommutator.compose.visits import VisitParts, compose_visits
from kommutator.compose.whatsapp import WhatsAppMeans, WhatsAppParts, compose_whatsapp
from kommutator.compose.yclients import Ground, YClientsSide
from kommutator.flows.directory import Directory
from kommutator.flows.intake import Intake
from kommutator.flows.outreach.owe import Outreach
from kommutator.flows.pauses import Decide
from kommutator.flows.turns import Turns
from kommutator.flows.whatsapp.begin import begin_talking
from kommutator.kit.http import HttpClient
from kommutator.kit.metrics import Metrics
from kommutator.kit.redact import Redactor
from kommutator.kit.texts import Texts


@dataclass(frozen=True, slots=True)
class Means:
    """What the parts are made of."""

    on: Ground
    http: HttpClient
    turns: Turns
    directory: Directory
    intake: Intake
    texts: Texts
    metrics: Metrics
    whatsapp: WhatsAppMeans | None
    redactor: Redactor


@dataclass(frozen=True, slots=True)
class TalkingParts:
    """Services for the house, and the work aside."""

    whatsapp: WhatsAppParts
    chat: ChannelParts
    remind: RemindParts
    kept: SalonParts
    unasked: OutreachParts
    visits: VisitParts | None
    talks: AssistantParts
    llm: LlmParts

    @property
    def background(self) -> Sequence[Background]:
        return [
            self.chat.worker,
            self.whatsapp.figures,
            self.unasked.worker,
            self.remind.worker,
            self.kept.copier,
            *self.talks.background,
            *([self.visits.settler] if self.visits else ()),
        ]


def compose_talking(means: Means, salons: YClientsSide | None, *, follow: Decide) -> TalkingParts:
    """Nothing is started and nothing is asked. `follow` decides upon all that is not of chats."""
    on, directory, texts = means.on, means.directory, means.texts
    whatsapp = compose_whatsapp(on, means.whatsapp, hearers=(begin_talking,))
    remind = compose_remind(on, directory, Outreach(clock=on.clock), texts)
    chat = compose_channels(
        on, means.http, means.turns, directory, means.intake, texts, whatsapp, follow=follow,
        hearers=(hear_clients(directory, means.metrics, texts, on.clock, remind.asks),),
    )  # fmt: skip
    kept = compose_salons(on, salons, directory, hearers=(chat.tell, remind.hear))
    unasked = compose_outreach(on, rechecks_of(on, remind, directory, kept.salons), (remind.sent,))
    visits = compose_visits(on, salons, directory, kept.salons, means.metrics)
    llm = compose_llm(on, means.http, means.redactor, means.metrics)
    talks = compose_assistant(
        on, directory, texts, means.metrics, visits, asks=remind.asks, brains=llm.brains
    )
    return TalkingParts(whatsapp, chat, remind, kept, unasked, visits, talks, llm)
