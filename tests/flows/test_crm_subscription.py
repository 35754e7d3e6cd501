"""Whether the CRM calls us: subscribed, found switched off, put right, refused."""

from dataclasses import replace

import pytest

from kommutator.domain.crm_data import Hook
from kommutator.kit.errors import ErrorKind, VendorError
from kommutator.store.crm_hooks import HookState
from kommutator.store.database import Database
from tests.support.copied_crm import CRM, HERE, SETTINGS, Copy, VendorCrm, keep_copy

PLACE = "https://gate.example/api/v1/webhooks/amocrm/00000000000000000000000000000007."


@pytest.fixture
def crm() -> VendorCrm:
    return VendorCrm()


@pytest.fixture
async def copy(db: Database, crm: VendorCrm) -> Copy:
    return await keep_copy(db, crm)


async def state(copy: Copy) -> HookState:
    async with copy.db.unit() as unit:
        held = await unit.crm_hooks.get(HERE, CRM)
    assert held is not None
    return held


async def test_a_new_connection_gets_a_secret_and_is_subscribed(copy: Copy, crm: VendorCrm) -> None:
    await copy.round("hooks")
    (hook,) = crm.hooks_held
    assert hook.destination.startswith(PLACE)
    assert len(hook.destination) == len(PLACE) + 32  # 192 random bits
    assert hook.settings == SETTINGS
    held = await state(copy)
    assert (held.state, held.repairs, held.repaired_at) == ("on", 0, None)
    assert held.subscribed_at is not None
    await copy.round("hooks")
    assert crm.hooks_held == [hook]  # the same address, nothing done anew
    assert [kind for kind, _ in crm.asked].count("subscribe") == 1


@pytest.mark.parametrize("found", ["disabled", "missing", "settings"])
async def test_what_went_wrong_is_put_right_and_told(
    copy: Copy, crm: VendorCrm, found: str
) -> None:
    await copy.round("hooks")
    (hook,) = crm.hooks_held
    crm.hooks_held = {
        "disabled": [replace(hook, disabled=True)],
        "missing": [],
        "settings": [replace(hook, settings=("add_contact",))],
    }[found]
    await copy.round("hooks")
    (repaired,) = crm.hooks_held
    assert (repaired.destination, repaired.disabled) == (hook.destination, False)
    assert repaired.settings == SETTINGS
    held = await state(copy)
    assert (held.state, held.repairs, held.found) == ("on", 1, found)
    assert held.repaired_at is not None


async def test_a_hook_that_subscribing_does_not_wake_is_made_anew(
    copy: Copy, crm: VendorCrm
) -> None:
    """Whether a repeated subscription enables a hook again is documented nowhere."""
    await copy.round("hooks")
    crm.stubborn = True
    crm.hooks_held = [replace(crm.hooks_held[0], disabled=True)]
    await copy.round("hooks")
    assert [hook.disabled for hook in crm.hooks_held] == [False]
    assert (await state(copy)).found == "disabled"


async def test_more_settings_than_we_want_are_left_alone(copy: Copy, crm: VendorCrm) -> None:
    await copy.round("hooks")
    crm.hooks_held = [replace(crm.hooks_held[0], settings=(*SETTINGS, "add_task"))]
    await copy.round("hooks")
    assert crm.hooks_held[0].settings == (*SETTINGS, "add_task")
    assert (await state(copy)).repairs == 0


async def test_a_tariff_without_hooks_is_said_and_lived_with(copy: Copy, crm: VendorCrm) -> None:
    crm.hook_error = VendorError(
        ErrorKind.REJECTED, "Access denied", status=403, hint="amocrm_rights"
    )
    done = await copy.round("hooks")
    assert (done.error, done.page) == (None, 0)  # an answer, not a failure
    held = await state(copy)
    assert (held.state, held.error, held.error_hint) == (
        "refused", "Access denied", "amocrm_rights",
    )  # fmt: skip
    crm.hook_error = None
    before = await copy.round("changed:contacts")
    assert (before.due_at - (before.finished_at or before.due_at)).total_seconds() == 15
    await copy.round("hooks")  # the tariff was changed
    after = await copy.round("changed:contacts")
    assert (after.due_at - (after.finished_at or after.due_at)).total_seconds() == 60


async def test_silence_is_no_refusal(copy: Copy, crm: VendorCrm) -> None:
    await copy.round("hooks")
    crm.hook_error = VendorError(ErrorKind.TRANSIENT, "timeout", hint="vendor_down")
    done = await copy.round("hooks")
    assert done.error == "timeout"
    assert (await state(copy)).state == "unreachable"


async def test_addresses_of_former_secrets_and_all_at_the_end_are_taken_off(
    copy: Copy, crm: VendorCrm
) -> None:
    others = Hook(1, "https://other.example/hook", SETTINGS)
    old = Hook(2, PLACE + "an-old-secret", SETTINGS)
    crm.hooks_held = [others, old]
    await copy.round("hooks")
    assert len(crm.hooks_held) == 2
    assert old not in crm.hooks_held
    await copy.hooks.take_off(crm.whose)
    assert crm.hooks_held == [others]
