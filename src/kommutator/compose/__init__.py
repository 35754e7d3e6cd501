"""Which part is made of which: the house's services, made once per process.

This file and `app.py` are the composition root: the only ones that see everything.
"""

from __future__ import annotations

from datetime import timedelta

from kommutator.compose.campaigns import compose_campaigns
from kommutator.compose.cards import compose_cards
from kommutator.compose.composition import Composition
from kommutator.compose.crm_copy import compose_copy, hear_amocrm
from kommutator.compose.grants import compose_amocrm, compose_grants
from kommutator.compose.recordings import compose_recordings
from kommutator.compose.salons import hear_salons
from kommutator.compose.talking import Means, compose_talking
from kommutator.compose.telephony import compose_messages, compose_telephony, desks_of
from kommutator.compose.whatsapp import WhatsAppMeans
from kommutator.compose.yclients import Ground, compose_yclients, deliveries_of, yclients_side
from kommutator.connectors.crm.amocrm.api import AmoCrmReader
from kommutator.connectors.crm.amocrm.board import AmoCrmBoard
from kommutator.connectors.crm.amocrm.desk import AmoCrmDesk
from kommutator.connectors.crm.amocrm.whole import AmoCrmWholeLeads
from kommutator.connectors.crm.amocrm.widget_tokens import WidgetTokens
from kommutator.connectors.crm.amocrm.writer import AmoCrmWriter
from kommutator.connectors.crm.amocrm.writes import AmoCrmDelivery
from kommutator.connectors.crm.retailcrm.connect import RetailCrmDesk
from kommutator.connectors.crm.retailcrm.writes import RetailCrmDelivery
from kommutator.connectors.pbx.asterisk.examine import AsteriskExaminer
from kommutator.connectors.pbx.asterisk.probe import AsteriskDesk
from kommutator.connectors.pbx.asterisk.readers import READERS, http_arrival, read_pause_row
from kommutator.connectors.pbx.asterisk.snippets.render import render_files
from kommutator.domain.connection import ConnectionKind
from kommutator.domain.crm_news import COPIED
from kommutator.domain.finding import RecordTrier
from kommutator.domain.ports import CrmDesk, Delivery
from kommutator.flows.amocrm.accounts import Accounts
from kommutator.flows.amocrm.widget import Widget
from kommutator.flows.api_keys import ApiKeys
from kommutator.flows.ask_crm import AskCrm
from kommutator.flows.click_to_call import ClickToCall
from kommutator.flows.client_ids import ClientIds
from kommutator.flows.converse.keep import KeepAssistant
from kommutator.flows.converse.own_words import OwnWords
from kommutator.flows.directory import Directory
from kommutator.flows.doctor import Doctor
from kommutator.flows.enrol import Enrol
from kommutator.flows.entrance import Entrance
from kommutator.flows.entry import EntryLinks
from kommutator.flows.follow_calls import FollowCalls
from kommutator.flows.follow_recordings import SOURCE as RECORDINGS
from kommutator.flows.follow_recordings import FollowRecordings, read_recording_row
from kommutator.flows.hook_secrets import HookSecrets
from kommutator.flows.house import House
from kommutator.flows.intake import Intake
from kommutator.flows.keep_book import KeepBook
from kommutator.flows.outreach.owe import Outreach
from kommutator.flows.pauses import FollowPauses
from kommutator.flows.pbx_setup import PbxSetUp
from kommutator.flows.people import People
from kommutator.flows.phone_book import PhoneBook
from kommutator.flows.presence import HearPresence
from kommutator.flows.put_right import PutRight
from kommutator.flows.recording_links import RecordingLinks
from kommutator.flows.recording_place import objects_of, spool_of
from kommutator.flows.recordings import Recordings
from kommutator.flows.refusals import Refusals
from kommutator.flows.replay import Replay
from kommutator.flows.reprocess import Reprocess
from kommutator.flows.route import Route
from kommutator.flows.salon.offer import OfferRules, OfferSlots
from kommutator.flows.set_up import SetUp
from kommutator.flows.sign_in import SignIn
from kommutator.flows.sync_people import SyncPeople
from kommutator.flows.take_over import TakeOver
from kommutator.flows.take_recording import TakeRecording
from kommutator.flows.tokens import Tokens
from kommutator.flows.trials import Trials
from kommutator.flows.turns import Turns
from kommutator.kit.clock import Clock, SystemClock
from kommutator.kit.crypto import Vault
from kommutator.kit.http import HttpClient
from kommutator.kit.ids import Ids, SystemIds
from kommutator.kit.metrics import Metrics
from kommutator.kit.passwords import Passwords
from kommutator.kit.redact import Redactor
from kommutator.kit.texts import Texts
from kommutator.settings import Settings
from kommutator.store.database import Database
from kommutator.workers.yclients_keeper import YClientsKeeper

_ENTRY_KEY = "crm-entry"


def compose(
    settings: Settings,
    db: Database,
    vault: Vault,
    *,
    clock: Clock | None = None,
    ids: Ids | None = None,
    redactor: Redactor | None = None,
    means: WhatsAppMeans | None = None,
) -> Composition:
    """Make every service over one database. Nothing is started and nothing is asked.

    `means`: how WhatsApp is reached; the default is the real one.
    """
    clock, ids = clock or SystemClock(), ids or SystemIds()
    redactor, counters = redactor or Redactor(), Metrics()
    http = HttpClient(
        clock=clock, allowed_hosts=settings.private_hosts, meter=counters.vendor_answered
    )
    turns = Turns(db, clock=clock)
    granting = compose_grants(
        settings, db, vault, http, turns, clock=clock, ids=ids, redactor=redactor
    )
    clients = granting.clients
    desk = RetailCrmDesk(http, turn=turns, egress=settings.egress)
    directory = Directory(db, vault, settings, clock=clock, ids=ids, redactor=redactor)
    amo_desk = AmoCrmDesk(clients)
    look_ups: dict[ConnectionKind, CrmDesk] = {desk.kind: desk, amo_desk.kind: amo_desk}
    triers: dict[ConnectionKind, RecordTrier] = {desk.kind: desk, amo_desk.kind: amo_desk}
    phone_book = PhoneBook(look_ups, clock=clock)
    ask_crm = AskCrm(db, directory, look_ups, clock=clock, copied=COPIED)
    objects, spool, texts = objects_of(settings), spool_of(settings), Texts.load()
    recording_links = RecordingLinks(vault, clock, settings.public_url)
    take_recording = TakeRecording(db, objects, spool, clock=clock)
    offers = OfferSlots(directory, texts, Outreach(clock=clock))
    follow = FollowCalls(
        directory,
        {**READERS, RECORDINGS: read_recording_row},
        phone_book=phone_book,
        recordings=FollowRecordings(recording_links),
        missed=offers,
    )
    right = PutRight(db, clock=clock, recordings=FollowRecordings(recording_links))
    reprocess = Reprocess(db, directory, follow.read, right, clock=clock)
    pauses = FollowPauses(directory, read_pause_row, follow.decide, ids=ids)
    accounts, reader = Accounts(db, vault, redactor), AmoCrmReader(clients)
    writer, whole = AmoCrmWriter(clients), AmoCrmWholeLeads(clients)
    cards = compose_cards(db, accounts, reader, writer, whole, turns, clock=clock, ids=ids)
    news = hear_salons(directory, hear_amocrm(directory, pauses.decide).decide)
    copy = compose_copy(
        db,
        vault,
        directory,
        {ConnectionKind.AMOCRM: reader},
        {ConnectionKind.AMOCRM: AmoCrmBoard(clients)},
        turns,
        clock=clock,
        ids=ids,
        public_url=settings.public_url,
    )
    refusals, passwords = Refusals(db, counters, clock=clock), Passwords()
    people = People(db, passwords, ids=ids)
    ground = Ground(settings, db, vault, clock, ids)
    links, intake = EntryLinks(vault.derive(_ENTRY_KEY), clock), Intake(db, clock=clock)
    salons = yclients_side(settings, http, turns, redactor)
    yclients = compose_yclients(ground, salons, directory, people)
    talking = compose_talking(
        Means(ground, http, turns, directory, intake, texts, counters, means, redactor),
        salons,
        follow=news.decide,
    )
    chat, kept, visits, talks = talking.chat, talking.kept, talking.visits, talking.talks
    set_up = SetUp(
        db,
        vault,
        ids=ids,
        private_hosts=settings.private_hosts,
        with_client_id=tuple(ConnectionKind),  # the PBX's is for /api/makecallexternal
    )
    enrol = Enrol(
        db,
        vault,
        set_up,
        {desk.kind: desk},
        links,
        ids=ids,
        public_url=settings.public_url,
        probers={ConnectionKind.ASTERISK: AsteriskDesk(clock=clock)},
    )
    clicks = ClickToCall(db, directory, follow.decide, refusals, clock=clock, ids=ids)
    dialer = compose_campaigns(db, directory, clicks, texts, reader, clock=clock, ids=ids)
    widget = Widget(
        db, directory, granting.oauth, WidgetTokens(clock, settings.private_hosts), clicks
    )
    house = House(
        settings=settings,
        clock=clock,
        ids=ids,
        db=db,
        vault=vault,
        redactor=redactor,
        metrics=counters,
        texts=texts,
        directory=directory,
        keys=ApiKeys(db, settings, clock=clock, ids=ids),
        tokens=Tokens(db, vault, clock, lifetime=timedelta(minutes=settings.token_minutes)),
        sign_in=SignIn(db, settings, passwords, clock=clock, ids=ids),
        people=people,
        intake=intake,
        read_event=http_arrival,
        set_up=set_up,
        enrol=enrol,
        entrance=Entrance(db, vault, links),
        sync_people=SyncPeople(db, vault, set_up, enrol),
        clicks=clicks,
        campaigns=dialer.campaigns,
        do_not_call=dialer.do_not_call,
        client_ids=ClientIds(directory, refusals, clock=clock),
        refusals=refusals,
        presence=HearPresence(db, directory, clock=clock, ids=ids),
        pbx_hooks=HookSecrets(directory, ConnectionKind.ASTERISK),
        crm_hooks=HookSecrets(directory, ConnectionKind.AMOCRM, "amocrm_hook_secret_unknown"),
        amocrm_accounts=accounts,
        cards=cards.cards,
        bulk=cards.bulk,
        once=cards.once,
        amocrm_fields=copy.fields,
        grants=granting.grants,
        yclients=yclients,
        channels=chat.channels,
        whatsapp=talking.whatsapp.sessions,
        notices=chat.notices,
        outreach=talking.unasked.desk,
        reminders=talking.remind.reminders,
        chat_hooks=chat.hooks,
        cloud=chat.cloud,
        salons=kept.salons,
        salon_telephony=compose_telephony(ground, salons),
        missed_offers=OfferRules(db),
        news=talks.news,
        inbox=talks.inbox,
        client_cards=talks.client_cards,
        assistant=KeepAssistant(db, OwnWords(texts)),
        llm=talking.llm.service,
        converse=talks.converse,
        rehearse=talks.rehearse,
        messages=compose_messages(ground, salons, directory),
        visits=visits.desk if visits else None,
        amocrm=compose_amocrm(granting, db, vault, copy.hooks.take_off, widget, ids=ids),
        phone_book=KeepBook(db, directory, clock=clock),
        pbx_setup=PbxSetUp(
            db, vault, set_up, render_files, ids=ids, public_url=settings.public_url
        ),
        doctor=Doctor(
            db,
            directory,
            settings,
            objects,
            AsteriskExaminer(clock=clock),
            {**look_ups, **desks_of(salons)},
            find_bridge=talking.whatsapp.find_bridge,
            clock=clock,
            ids=ids,
        ),
        trials=Trials(db, directory, triers, texts, clock=clock, ids=ids),
        take_over=TakeOver(db, directory, clock=clock),
        route=Route(db, directory, counters, clock=clock),
        recordings=Recordings(db, objects, recording_links, clock=clock),
        take_recording=take_recording,
        replay=Replay(db),
        reprocess=reprocess,
    )
    delivery = RetailCrmDelivery(http, turn=turns, egress=settings.egress)
    worker = compose_recordings(
        settings, db, directory, take_recording, objects, spool, clock=clock
    )
    amo_delivery = AmoCrmDelivery(clients, clock=clock)
    deliveries: dict[ConnectionKind, Delivery] = {
        delivery.kind: delivery,
        amo_delivery.kind: amo_delivery,
        **chat.deliveries,
        **deliveries_of(salons),
    }
    return Composition(
        house,
        http,
        follow,
        offers.deciding(chat.decide),
        chat.prepare,
        ask_crm,
        deliveries,
        worker,
        talking.whatsapp,
        background=(
            dialer.worker,
            copy.copier,
            granting.keeper,
            cards.worker,
            YClientsKeeper(db, yclients, clock=clock),
            *talking.background,
        ),
    )
