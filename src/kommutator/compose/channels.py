"""The parts of messengers: what connects, hears, speaks, tells of visits, and works aside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kommutator.compose.whatsapp import WhatsAppParts
from kommutator.compose.yclients import Ground
from kommutator.connectors.channels.avito.client import AvitoClients
from kommutator.connectors.channels.avito.desk import AvitoDesk
from kommutator.connectors.channels.avito.writes import AvitoDelivery
from kommutator.connectors.channels.telegram.client import TelegramClients
from kommutator.connectors.channels.telegram.desk import TelegramDesk
from kommutator.connectors.channels.telegram.writes import TelegramDelivery
from kommutator.connectors.channels.whatsapp_cloud.client import CloudClients
from kommutator.connectors.channels.whatsapp_cloud.desk import CloudDesk
from kommutator.connectors.channels.whatsapp_cloud.writes import CloudDelivery
from kommutator.domain.chats import ChannelDesk
from kommutator.domain.connection import ConnectionKind
from kommutator.domain.ports import Delivery
from kommutator.flows.chats.ask import AskChannels
from kommutator.flows.chats.channels import Channels
from kommutator.flows.chats.cloud_numbers import CloudNumbers
from kommutator.flows.chats.hear import HearChats, HearMessages
from kommutator.flows.directory import Directory
from kommutator.flows.hook_secrets import HookSecrets
from kommutator.flows.intake import Intake
from kommutator.flows.notices.digest import EndQuiet
from kommutator.flows.notices.hear import TellOfVisits
from kommutator.flows.notices.keep import Notices
from kommutator.flows.pauses import Decide
from kommutator.flows.turns import Turns
from kommutator.kit.http import HttpClient
from kommutator.kit.texts import Texts
from kommutator.workers.channels import ChannelWorker
from kommutator.workers.journal_runner import Prepare


@dataclass(frozen=True, slots=True)
class ChannelParts:
    """Services for the house, the decision upon news, and what only processes need.

    Attributes:
        tell: hears of visits that changed.
        hooks: whose secret a hook shows, by messenger.
        prepare: to be called with each batch of rows before `decide`.
    """

    channels: Channels
    cloud: CloudNumbers
    notices: Notices
    hooks: Mapping[ConnectionKind, HookSecrets]
    tell: TellOfVisits
    decide: Decide
    prepare: Prepare
    deliveries: Mapping[ConnectionKind, Delivery]
    worker: ChannelWorker


def compose_channels(
    on: Ground,
    http: HttpClient,
    turns: Turns,
    directory: Directory,
    intake: Intake,
    texts: Texts,
    whatsapp: WhatsAppParts,
    *,
    follow: Decide,
    hearers: Sequence[HearMessages] = (),
) -> ChannelParts:
    """Nothing is started and nothing is asked. `follow` decides upon all that is not of chats.

    `hearers`: told of each message that is new.
    """
    db, clock, ids = on.db, on.clock, on.ids
    telegram = TelegramClients(http, turn=turns)
    avito = AvitoClients(http, turn=turns, clock=clock)
    cloud = CloudClients(http, turn=turns)
    cloud_desk = CloudDesk(cloud, clock=clock)
    speaking: list[Delivery] = [
        TelegramDelivery(telegram, clock=clock),
        AvitoDelivery(avito, clock=clock),
        CloudDelivery(cloud, clock=clock),
    ]
    asked: dict[ConnectionKind, ChannelDesk] = {
        ConnectionKind.TELEGRAM: TelegramDesk(telegram),
        ConnectionKind.AVITO: AvitoDesk(avito),
        ConnectionKind.WHATSAPP_CLOUD: cloud_desk,
    }
    desks: dict[ConnectionKind, ChannelDesk] = {**asked, whatsapp.desk.kind: whatsapp.desk}
    alarms = EndQuiet(texts, follow)
    hear = HearChats(directory, {kind.value: desk for kind, desk in desks.items()}, texts,
                     alarms.decide, hearers, clock=clock)  # fmt: skip
    ask = AskChannels(db, directory, asked, intake)
    return ChannelParts(
        cloud=CloudNumbers(db, directory, cloud_desk),
        channels=Channels(db, on.vault, desks, on.settings, ids=ids),
        notices=Notices(db, texts, ids=ids, links_url=on.settings.telegram_links_url),
        hooks={kind: HookSecrets(directory, kind, "channel_hook_unknown") for kind in asked},
        tell=TellOfVisits(texts, clock=clock),
        decide=hear.decide,
        prepare=hear.prepare,
        deliveries={one.kind: one for one in speaking},
        worker=ChannelWorker(db, ask, clock=clock, ids=ids),
    )
