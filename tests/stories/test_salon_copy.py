"""A salon's journal and our copy of it, over the wire: what becomes of a thousand changes."""

import pytest

from tests.support.salon_story import READ_S, SalonStory, open_salon_story
from tests.support.waiting import eventually
from tests.support.yclients_service import HERE, SALON

BAD_HOOKS = {"hook_loss": 0.15, "hook_duplicate": 0.3, "hook_reorder": 0.3}


async def change(story: SalonStory, changes: int, seed: int, portions: int = 10) -> None:
    """By hand in the twin, each portion when something of the one before has been heard."""
    received = "SELECT coalesce(sum(received), 0) FROM crm_hooks"
    for portion in range(portions):
        before = await story.service.value(received)
        order = {
            "company": SALON,
            "changes": changes // portions,
            "seed": seed * 100 + portion,
        }
        await story.service.twin.order("script", **order)

        async def heard(before: int = before) -> bool:
            return bool(await story.service.value(received) > before)

        await eventually(heard, READ_S)


_MANY = [pytest.param(1000, seed, marks=pytest.mark.slow) for seed in (8, 9, 10)]


@pytest.mark.parametrize(("changes", "seed"), [(200, 7), *_MANY])
async def test_after_reconciliation_the_copy_is_the_journal_and_all_was_told_once(
    database_url: str, changes: int, seed: int
) -> None:
    async with open_salon_story(database_url) as story:
        assert await story.same()
        assert all(one.first_read for told in story.told.of.values() for one in told)
        story.told.of.clear()
        await story.service.twin.order("switches", **BAD_HOOKS, hook_delay_seconds=0.2)
        await change(story, changes, seed, portions=changes // 20)
        await eventually(story.quiet, READ_S)
        await story.reconciled("changed:visits", "visits")
        assert await story.same()
        assert story.told.flaws(await story.held()) == []
        journal = story.service.twin.world.companies[SALON].records
        made = {one for one, record in journal.items() if one in story.told.of}
        assert len(made) > changes // 10


async def test_a_salon_with_its_own_token_calls_us_beside_others(database_url: str) -> None:
    """Our address joins others' in the salon's settings; a visit made there is here at once."""
    other = "https://other.example/hook"
    async with open_salon_story(database_url, direct=True, called=[other]) as story:
        told = (await story.service.twin.look("hooks", company=SALON))["told"]
        assert other in told
        assert len(told) == 2
        story.told.of.clear()
        await change(story, 10, seed=3)
        journal = story.service.twin.world.companies[SALON].records

        async def heard() -> bool:
            return await story.quiet() and await story.same()

        await eventually(heard, READ_S)
        assert story.told.flaws(await story.held()) == []
        assert set(story.told.of) <= set(journal)
        state = await story.service.house.salons.sync(HERE, story.connection)
        assert state.hook is not None
        assert (state.hook.state, state.hook.missed) == ("on", 0)
        assert state.hook.received > 0
