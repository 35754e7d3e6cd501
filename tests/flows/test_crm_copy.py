"""The copy of a CRM's cards: whatever a CRM tells, late, twice or never, it ends up the same."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kommutator.domain.connection import Account
from kommutator.domain.crm_data import EntityKind, Pipeline
from kommutator.domain.crm_news import CardNews
from kommutator.kit.errors import ErrorKind, VendorError
from kommutator.store.database import Database
from tests.support.copied_crm import (
    COMPANIES,
    CONTACTS,
    CRM,
    HERE,
    LEADS,
    Copy,
    VendorCrm,
    account,
    keep_copy,
)

ANNA, BORIS = "+375000000070", "+375000000071"
DOWN = VendorError(ErrorKind.TRANSIENT, "bad gateway", status=502, hint="vendor_down")


@pytest.fixture
def crm() -> VendorCrm:
    return VendorCrm()


@pytest.fixture
async def copy(db: Database, crm: VendorCrm) -> Copy:
    return await keep_copy(db, crm)


async def waiting(copy: Copy) -> int:
    async with copy.db.unit() as unit:
        return int(await unit.connection.fetchval("SELECT count(*) FROM crm_wanted"))


async def test_a_notice_has_the_card_read_and_the_phone_book_told(
    copy: Copy, crm: VendorCrm
) -> None:
    crm.put(CONTACTS, 7, "Анна", phones=(ANNA, BORIS), responsible_id=19)
    await copy.hear(CardNews(CONTACTS, 7))
    assert await waiting(copy) == 1
    assert await copy.reread(CONTACTS) == "up"
    assert await copy.held() == {(CONTACTS, 7): "Анна"}
    assert await copy.book() == {ANNA: ("Анна", "19"), BORIS: ("Анна", "19")}
    assert await waiting(copy) == 0
    async with copy.db.unit() as unit:
        entry = await unit.phone_book.get(HERE, ANNA)
    assert entry is not None
    assert entry.customer_id == "7"
    assert entry.links == {"customerLink": "https://example.amocrm.ru/contacts/detail/7"}


async def test_many_notices_of_one_card_are_one_request(copy: Copy, crm: VendorCrm) -> None:
    for number in range(300):
        crm.put(CONTACTS, number, f"Client {number}")
        for _ in range(3):
            await copy.hear(CardNews(CONTACTS, number))
    crm.asked.clear()
    await copy.reread_all()
    assert [len(ids) for kind, ids in crm.asked if isinstance(ids, tuple)] == [250, 50]
    assert len(await copy.held()) == 300


async def test_a_phone_that_moves_to_another_card_takes_its_name_along(
    copy: Copy, crm: VendorCrm
) -> None:
    crm.put(CONTACTS, 7, "Anna", phones=(ANNA,), responsible_id=19)
    await copy.hear(CardNews(CONTACTS, 7))
    await copy.reread_all()
    crm.put(CONTACTS, 7, "Anna", phones=())
    crm.put(CONTACTS, 8, "Boris", phones=(ANNA,), responsible_id=20)
    await copy.hear(CardNews(CONTACTS, 7), CardNews(CONTACTS, 8))
    await copy.reread_all()
    assert await copy.book() == {ANNA: ("Boris", "20")}


async def test_of_two_cards_with_a_number_the_older_contact_has_it(
    copy: Copy, crm: VendorCrm
) -> None:
    crm.put(COMPANIES, 1, "Firm", phones=(ANNA,), responsible_id=1)
    crm.put(CONTACTS, 9, "Younger", phones=(ANNA,), responsible_id=9)
    crm.put(CONTACTS, 8, "Older", phones=(ANNA,), responsible_id=8)
    for kind, number in list(crm.cards):
        await copy.hear(CardNews(kind, number))
        await copy.reread_all()
    assert await copy.book() == {ANNA: ("Older", "8")}
    for number, expected in ((8, ("Younger", "9")), (9, ("Firm", "1"))):
        crm.delete(CONTACTS, number)
        await copy.hear(CardNews(CONTACTS, number, gone=True))
        assert await copy.book() == {ANNA: expected}  # at once, before anything is read


async def test_a_deletion_counts_at_once_and_a_late_one_is_put_right(
    copy: Copy, crm: VendorCrm
) -> None:
    """Deleted, restored, and only then the notice of the deletion comes."""
    crm.put(CONTACTS, 7, "Anna", phones=(ANNA,))
    await copy.hear(CardNews(CONTACTS, 7))
    await copy.reread_all()
    await copy.hear(CardNews(CONTACTS, 7, gone=True))
    assert await copy.book() == {}
    assert await copy.held() == {}
    await copy.reread_all()
    assert await copy.book() == {ANNA: ("Anna", None)}


async def test_a_card_that_a_list_leaves_out_is_asked_for_itself(
    copy: Copy, crm: VendorCrm
) -> None:
    crm.put(CONTACTS, 7, "Anna", phones=(ANNA,))
    crm.blind = {7}
    await copy.hear(CardNews(CONTACTS, 7), CardNews(CONTACTS, 8))
    await copy.reread_all()
    assert await copy.held() == {(CONTACTS, 7): "Anna"}
    assert [one for kind, one in crm.asked if kind == "contacts/one"] == [7, 8]


async def test_news_that_come_while_a_card_is_read_have_it_read_again(
    copy: Copy, crm: VendorCrm
) -> None:
    crm.put(CONTACTS, 7, "Before")
    await copy.hear(CardNews(CONTACTS, 7))
    async with copy.db.unit() as unit:
        taken = await unit.crm_wanted.take(HERE, CRM, CONTACTS, 10, 60)
    assert taken is not None
    await copy.hear(CardNews(CONTACTS, 7))  # after the request has left
    assert await copy.copier.reread(HERE, CRM, taken) == "up"
    assert await waiting(copy) == 1
    crm.put(CONTACTS, 7, "After")
    await copy.reread_all()
    assert await copy.held() == {(CONTACTS, 7): "After"}


async def test_an_older_answer_changes_nothing(copy: Copy, crm: VendorCrm) -> None:
    old = crm.put(CONTACTS, 7, "Old", phones=(ANNA,))
    new = crm.put(CONTACTS, 7, "New", phones=(BORIS,))
    now = datetime.now(UTC)
    async with copy.db.unit() as unit:
        for card, at in ((new, now), (old, now - timedelta(seconds=1))):
            await unit.crm_copy.lock(HERE, CRM)
            phones = await unit.crm_copy.save(HERE, CRM, CONTACTS, [card], read_at=at)
            await unit.crm_copy.tell_book(
                HERE, CRM, phones, base_url="x", owner="contact", read_at=at
            )
    assert await copy.held() == {(CONTACTS, 7): "New"}
    assert await copy.book() == {BORIS: ("New", None)}


async def test_the_owner_of_an_open_lead_wins_where_that_is_wanted(
    db: Database, crm: VendorCrm
) -> None:
    crm.whose = account(owner="lead")
    copy = await keep_copy(db, crm)
    crm.put(CONTACTS, 7, "Anna", phones=(ANNA,), responsible_id=19)
    crm.put(LEADS, 1, "Deal", contact_ids=(7,), responsible_id=20, pipeline_id=1300, status_id=1)
    await copy.hear(CardNews(CONTACTS, 7), CardNews(LEADS, 1))
    await copy.reread_all()
    assert await copy.book() == {ANNA: ("Anna", "20")}
    crm.put(LEADS, 1, "Deal", responsible_id=21)
    await copy.hear(CardNews(LEADS, 1))
    await copy.reread_all()
    assert await copy.book() == {ANNA: ("Anna", "21")}
    crm.put(LEADS, 1, "Deal", closed=True)
    await copy.hear(CardNews(LEADS, 1))
    await copy.reread_all()
    assert await copy.book() == {ANNA: ("Anna", "19")}


async def test_a_nul_in_a_name_is_dropped(copy: Copy, crm: VendorCrm) -> None:
    crm.put(CONTACTS, 7, "An\x00na \\u0000 \\")
    await copy.hear(CardNews(CONTACTS, 7))
    await copy.reread_all()
    assert await copy.held() == {(CONTACTS, 7): "Anna \\u0000 \\"}


async def test_a_silent_crm_loses_no_wish(copy: Copy, crm: VendorCrm) -> None:
    crm.put(CONTACTS, 7, "Anna")
    await copy.hear(CardNews(CONTACTS, 7))
    crm.error = DOWN
    assert await copy.reread(CONTACTS) == "down"
    assert await copy.reread(CONTACTS) is None  # not before its time
    crm.error = None
    async with copy.db.unit() as unit:
        await unit.connection.execute("UPDATE crm_wanted SET take_after = now()")
    await copy.reread_all()
    assert await copy.held() == {(CONTACTS, 7): "Anna"}


# --- rounds ----------------------------------------------------------------------------------


async def test_a_whole_read_goes_on_at_its_page_and_doubts_what_it_did_not_see(
    copy: Copy, crm: VendorCrm
) -> None:
    crm.per_page = 2
    for number in range(5):
        crm.put(CONTACTS, number, f"Client {number}", phones=(f"+37500000008{number}",))
    await copy.round("contacts")
    assert len(await copy.book()) == 5
    crm.delete(CONTACTS, 3)
    asked = len(crm.asked)

    async with copy.db.unit() as unit:  # broken off after page 1
        await unit.connection.execute(
            "UPDATE crm_reads SET page = 1, started_at = clock_timestamp() WHERE task = 'contacts'"
        )
    done = await copy.round("contacts")
    assert [page for kind, page in crm.asked[asked:]] == [2]
    assert (done.page, done.error) == (0, None)
    await copy.reread_all()  # 3, 4 (of page 1, which nobody read) are looked after
    assert sorted(number for _, number in await copy.held()) == [0, 1, 2, 4]
    assert len(await copy.book()) == 4


async def test_only_open_leads_are_read_at_night(copy: Copy, crm: VendorCrm) -> None:
    crm.put(LEADS, 1, "Open", pipeline_id=1300, status_id=1)
    crm.put(LEADS, 2, "Won", pipeline_id=1300, status_id=142, closed=True)
    await copy.round("references")
    await copy.round("leads")
    assert await copy.held() == {(LEADS, 1): "Open"}


async def test_the_very_first_read_knows_which_leads_are_open(copy: Copy, crm: VendorCrm) -> None:
    crm.per_page = 1
    for number, status in ((1, 1), (2, 142), (3, 1)):
        crm.put(LEADS, number, f"Deal {number}", pipeline_id=1300, status_id=status)
    done = await copy.round("leads")  # no round of the references came before
    assert (done.items, done.error) == (2, None)
    assert await copy.held() == {(LEADS, 1): "Deal 1", (LEADS, 3): "Deal 3"}


async def test_whose_pipelines_may_not_be_seen_has_all_leads_read(
    copy: Copy, crm: VendorCrm, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(_whose: Account) -> Sequence[Pipeline]:
        raise VendorError(ErrorKind.REJECTED, "no rights", status=403, hint="amocrm_rights")

    monkeypatch.setattr(crm, "pipelines", refused)
    crm.put(LEADS, 2, "Won", pipeline_id=1300, status_id=142)
    assert (await copy.round("leads")).error is None
    assert await copy.held() == {(LEADS, 2): "Won"}


async def test_changes_are_found_without_any_notice(copy: Copy, crm: VendorCrm) -> None:
    crm.put(CONTACTS, 7, "Anna", phones=(ANNA,))
    first = await copy.round("changed:contacts")
    assert await copy.book() == {ANNA: ("Anna", None)}
    assert first.cursor_at == crm.cards[CONTACTS, 7].updated_at
    crm.put(CONTACTS, 7, "Anna B.")
    await copy.round("changed:contacts")
    assert await copy.book() == {ANNA: ("Anna B.", None)}


async def test_a_card_dated_into_the_future_does_not_make_us_blind(
    copy: Copy, crm: VendorCrm
) -> None:
    card = crm.put(CONTACTS, 7, "From tomorrow")
    crm.cards[CONTACTS, 7] = replace(card, updated_at=datetime.now(UTC) + timedelta(days=300))
    done = await copy.round("changed:contacts")
    assert done.cursor_at is not None
    assert done.cursor_at < datetime.now(UTC) + timedelta(minutes=6)


async def test_lost_notices_are_found_in_the_accounts_history(copy: Copy, crm: VendorCrm) -> None:
    """A change, a creation and a deletion that nobody told of; a note is none of ours."""
    crm.put(CONTACTS, 7, "Anna", phones=(ANNA,))
    crm.put(CONTACTS, 8, "Boris", phones=(BORIS,))
    await copy.round("contacts")
    async with copy.db.unit() as unit:  # long ago
        await unit.connection.execute("UPDATE crm_entities SET read_at = now() - interval '1 h'")
    crm.history.clear()
    crm.put(CONTACTS, 7, "Anna B.")
    crm.delete(CONTACTS, 8)
    crm.put(CONTACTS, 9, "Clara")
    crm._happened("common_note_added", CONTACTS, 99)
    await copy.round("events")
    async with copy.db.unit() as unit:
        hooks = await unit.crm_hooks.get(HERE, CRM)
    assert hooks is not None
    assert hooks.missed == 3
    await copy.reread_all()
    assert await copy.held() == {(CONTACTS, 7): "Anna B.", (CONTACTS, 9): "Clara"}
    assert await copy.book() == {ANNA: ("Anna B.", None)}


async def test_what_was_read_since_is_not_read_again(copy: Copy, crm: VendorCrm) -> None:
    crm.put(CONTACTS, 7, "Anna")
    await copy.round("contacts")
    async with copy.db.unit() as unit:
        await unit.connection.execute("UPDATE crm_entities SET read_at = now() + interval '1 min'")
    await copy.round("events")
    assert await waiting(copy) == 0


async def test_references_keep_what_may_not_be_seen(copy: Copy, crm: VendorCrm) -> None:
    """Users are refused to external integrations: the other lists come all the same."""
    done = await copy.round("references")
    assert (done.error, done.page) == (None, 0)
    fields = await copy.references.held(account(), "fields:leads")
    assert fields is not None
    assert [row["name"] for row in fields.data] == ["Phone", "Colour"]
    assert [row["type"] for row in fields.data] == ["multitext", "other"]
    assert await copy.references.held(account(), "users") is None


async def test_the_connection_learns_what_changed_about_the_account(
    copy: Copy, crm: VendorCrm
) -> None:
    async def stored() -> tuple[dict[str, object], int]:
        async with copy.db.unit() as unit:
            record = await unit.connections.get(HERE, CRM)
        return record.config, record.version

    await copy.round("references")
    config, version = await stored()
    assert config == {"is_unsorted_on": False}
    await copy.round("references")
    assert await stored() == (config, version)  # nothing is written while nothing changes
    crm.tray = True
    await copy.round("references")
    assert (await stored())[0] == {"is_unsorted_on": True}


async def test_a_round_that_failed_says_why_and_comes_again(copy: Copy, crm: VendorCrm) -> None:
    crm.error = DOWN
    done = await copy.round("contacts")
    assert (done.error, done.error_hint) == ("bad gateway", "vendor_down")
    crm.error = None
    assert (await copy.round("contacts")).error is None


# --- the same in the end ---------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(8))
async def test_lost_doubled_late_and_shuffled_notices_end_in_the_same_copy(
    copy: Copy, crm: VendorCrm, seed: int
) -> None:
    """Half of the notices are lost, others come twice or in another order, while cards are read.

    After one look into the history and one at what changed, the copy is what the CRM has.
    """
    dice = random.Random(seed)  # noqa: S311 - a story that can be told again
    phones = [f"+37500000009{n}" for n in range(6)]
    notices: list[CardNews] = []
    for step in range(60):
        kind = dice.choice([CONTACTS, CONTACTS, COMPANIES])
        number = dice.randrange(5)
        if dice.random() < 0.25:
            crm.delete(kind, number)
            news = CardNews(kind, number, gone=True)
        else:
            own = tuple(dice.sample(phones, dice.randrange(3)))
            crm.put(kind, number, f"{kind.one} {number} v{step}", phones=own, responsible_id=step)
            news = CardNews(kind, number)
        notices += [news] * dice.choice([0, 0, 1, 1, 2])
        dice.shuffle(notices)
        while notices and dice.random() < 0.4:
            await copy.hear(notices.pop())
        if dice.random() < 0.3:
            await copy.reread(dice.choice([CONTACTS, COMPANIES]), dice.choice([1, 3, 250]))
    for news in notices:
        await copy.hear(news)
    await copy.round("events")
    await copy.reread_all()
    assert await copy.held() == {key: card.name for key, card in crm.cards.items()}
    assert await copy.book() == expected_book(crm)


def expected_book(crm: VendorCrm) -> dict[str, tuple[str, str]]:
    book: dict[str, tuple[str, str]] = {}
    order: list[tuple[int, int, EntityKind]] = [
        (kind is COMPANIES, number, kind) for kind, number in crm.cards
    ]
    for _, number, kind in sorted(order, reverse=True):
        card = crm.cards[kind, number]
        book |= dict.fromkeys(card.phones, (card.name, str(card.responsible_id)))
    return dict(sorted(book.items()))


# --- going away ------------------------------------------------------------------------------


async def test_a_removed_connection_leaves_nothing(copy: Copy, crm: VendorCrm) -> None:
    crm.put(CONTACTS, 7, "Anna", phones=(ANNA,))
    await copy.hear(CardNews(CONTACTS, 7))
    await copy.reread_all()
    await copy.round("references")
    async with copy.db.single() as unit:
        await unit.phone_book.talked(HERE, ANNA, "150", datetime.now(UTC))
        await unit.connections.remove(HERE, CRM)
        assert await unit.crm_copy.wipe_removed_everywhere(["amocrm"]) == 2
        await unit.crm_wanted.wipe_removed_everywhere()
        await unit.crm_reads.wipe_removed_everywhere()
        await unit.crm_references.wipe_removed_everywhere()
        await unit.crm_hooks.wipe_removed_everywhere()
        for table in ("crm_entities", "crm_wanted", "crm_reads", "crm_references", "crm_hooks"):
            assert await unit.connection.fetchval(f"SELECT count(*) FROM {table}") == 0, table
        entry = await unit.phone_book.get(HERE, ANNA)
    assert entry is not None
    assert (entry.name, entry.customer_id, entry.owner_user, dict(entry.links)) == (
        None, None, None, {},
    )  # fmt: skip
    assert entry.last_talker == "150"  # our own knowledge stays


async def test_closed_leads_and_tombstones_go_by_age(copy: Copy, crm: VendorCrm) -> None:
    for number, name in ((1, "Open"), (2, "Closed"), (3, "Closed lately")):
        crm.put(LEADS, number, name, closed=name != "Open")
        await copy.hear(CardNews(LEADS, number))
    await copy.reread_all()
    await copy.hear(CardNews(LEADS, 4, gone=True))
    async with copy.db.single() as unit:
        await unit.connection.execute(
            "UPDATE crm_entities SET changed_at = now() - interval '40 days' WHERE id <> 3"
        )
        assert await unit.crm_copy.retire_everywhere() == 1  # the tombstone
        await unit.enterprises.update(HERE, settings={"retention_days": {"crm_copy": 35}})
        assert await unit.crm_copy.retire_everywhere() == 1  # the closed one
    assert await copy.held() == {(LEADS, 1): "Open", (LEADS, 3): "Closed lately"}
