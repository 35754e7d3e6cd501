"""What a session tells on its way through the journal: who, when, under which name."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from kommutator.domain.chats import Told
from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.domain.whatsapp.events import MessageHeard, StatusHeard
from kommutator.domain.whatsapp.jids import bare, is_person, jid_of, phone_of
from kommutator.domain.whatsapp.journal import arrival_of, read_news
from kommutator.domain.whatsapp.states import Reason, SessionState
from kommutator.kit.errors import InvalidInput
from kommutator.kit.texts import LOCALES, Texts

NOW = datetime(2026, 11, 18, 10, 30, tzinfo=UTC)
ACCOUNT = Account(
    EnterpriseNumber("0367"), UUID(int=7), ConnectionKind.WHATSAPP, "Salon", "",
    ConnectionStatus.ACTIVE, {}, {},
)  # fmt: skip
OLGA = "79111112233@s.whatsapp.net"


def heard(**more: object) -> MessageHeard:
    given = {"id": "M1", "chat": OLGA, "at": NOW, "name": "Olga", "text": "Привет", **more}
    return MessageHeard(**given)  # type: ignore[arg-type]  # literals of the tests


def test_a_message_there_and_back() -> None:
    event = heard(chat="79111112233:12@s.whatsapp.net", alt="343000:3@lid", kind="image")
    arrival = arrival_of(ACCOUNT, event, NOW)
    assert arrival is not None
    assert (arrival.source, arrival.kind, arrival.key) == ("whatsapp", "message", OLGA)
    assert arrival.dedupe_key == f"{UUID(int=7).hex}:{OLGA}:M1"
    news = read_news(arrival.body)
    assert (news.chat_id, news.alias, news.phone, news.title) == (
        OLGA, "343000@lid", "+79111112233", "Olga",
    )  # fmt: skip
    assert news.said is not None
    assert (news.said.text, news.said.kind, news.said.author, news.said.at) == (
        "Привет", "image", "Olga", NOW,
    )  # fmt: skip
    assert not news.said.late


@pytest.mark.parametrize(
    ("offline", "hours", "late"), [(True, 7, True), (True, 5, False), (False, 7, False)]
)
def test_only_what_lay_for_long_is_late(offline: bool, hours: int, late: bool) -> None:
    arrival = arrival_of(ACCOUNT, heard(offline=offline, at=NOW - timedelta(hours=hours)), NOW)
    assert arrival is not None
    said = read_news(arrival.body).said
    assert said is not None
    assert said.late is late


def test_our_own_side_names_no_client() -> None:
    arrival = arrival_of(ACCOUNT, heard(from_me=True, name="Salon"), NOW)
    assert arrival is not None
    news = read_news(arrival.body)
    assert (news.title, news.said and news.said.from_me, news.said and news.said.author) == (
        "", True, None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("status", "state"), [(0, "failed"), (2, "sent"), (3, "delivered"), (4, "read"), (5, "read")]
)
def test_a_status_there_and_back(status: int, state: str) -> None:
    arrival = arrival_of(
        ACCOUNT, StatusHeard("M1", OLGA, status, "463" if not status else None), NOW
    )
    assert arrival is not None
    assert arrival.dedupe_key.endswith(f"M1:{status}")
    assert read_news(arrival.body).told == Told("M1", state, "463" if not status else None)


@pytest.mark.parametrize(
    "event",
    [
        heard(chat="120363000@g.us"), heard(chat="status@broadcast"), heard(chat="1@newsletter"),
        StatusHeard("M1", OLGA, 1),
    ],
    ids=lambda event: event.chat,
)  # fmt: skip
def test_what_is_nobodys_business(event: MessageHeard | StatusHeard) -> None:
    assert arrival_of(ACCOUNT, event, NOW) is None


@pytest.mark.parametrize("body", [b"", b"[]", b'{"what":"else"}', b'{"what":"message"}'])
def test_what_cannot_be_read(body: bytes) -> None:
    with pytest.raises(InvalidInput, match="channel_hook_unreadable"):
        read_news(body)


def test_a_nul_is_dropped() -> None:
    arrival = arrival_of(ACCOUNT, heard(text="a\x00b", name="\x00"), NOW)
    assert arrival is not None
    said = read_news(arrival.body).said
    assert said is not None
    assert (said.text, said.author) == ("ab", None)


def test_a_phone_is_only_a_phone() -> None:
    assert phone_of("343000111222@lid") is None
    assert phone_of("343000111222@lid", "79111112233:4@s.whatsapp.net") == "+79111112233"
    assert phone_of(None, "120363@g.us") is None
    assert bare("343000:12@lid") == "343000@lid"
    assert is_person("343000@lid")
    assert jid_of("+79111112233") == OLGA


@pytest.mark.parametrize("locale", LOCALES)
def test_every_state_and_reason_has_its_words(locale: str) -> None:
    texts = Texts.load()
    slugs = [f"whatsapp_state.{state}{end}" for state in SessionState for end in ("", ".action")]
    slugs += [f"whatsapp_reason.{reason}" for reason in Reason]
    assert [slug for slug in slugs if not texts.has(locale, slug)] == []
