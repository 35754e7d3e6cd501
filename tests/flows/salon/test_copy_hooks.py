"""The copy of a salon: that its vendor calls us, and goes on calling."""

from dataclasses import replace

from kommutator.domain.salon.copy import Part
from kommutator.kit.errors import ErrorKind, VendorError
from kommutator.store.database import Database
from tests.support.copied_salon import (
    HERE,
    NUMBER,
    SALON,
    SalonCopy,
    VendorSalon,
    keep_salon,
    salon_account,
)

VISIT = Part.VISITS
DOWN = VendorError(ErrorKind.TRANSIENT, "bad gateway", status=502, hint="vendor_down")


async def test_the_address_is_added_watched_and_taken_off(
    copy: SalonCopy, vendor: VendorSalon
) -> None:
    begin = f"https://gate.example/api/v1/webhooks/yclients/{SALON.hex}."
    vendor.called = ["https://other.example/hook", begin + "former-secret"]
    await copy.round("salon:hooks")
    other, mine = vendor.called
    assert other == "https://other.example/hook"
    assert mine.startswith(begin)
    assert "former" not in mine
    vendor.whose = replace(vendor.whose, secrets={"hook_secret": mine.rpartition("/")[2]})
    vendor.called = [other]  # somebody dropped it
    await copy.round("salon:hooks")
    assert vendor.called == [other, mine]
    state = await copy.salons.sync(HERE, SALON)
    assert state.hook is not None
    assert (state.hook.state, state.hook.repairs, state.hook.found) == ("on", 1, "missing")
    vendor.hook_error = VendorError(ErrorKind.REJECTED, "full", hint="salon_hooks_full")
    vendor.called = [other]
    done = await copy.round("salon:hooks")
    state = await copy.salons.sync(HERE, SALON)
    assert state.hook is not None
    assert (state.hook.state, state.hook.error_hint) == ("refused", "salon_hooks_full")
    assert done.error is None  # an answer, too
    vendor.hook_error, vendor.called = None, [other, mine]
    await copy.hooks.take_off(vendor.whose)
    assert vendor.called == [other]


async def test_an_installed_salon_calls_by_itself_unless_it_does_not(db: Database) -> None:
    vendor = VendorSalon(whose=salon_account(way="marketplace"))
    copy = await keep_salon(db, vendor)
    await copy.round("salon")
    await copy.round("salon:hooks")
    assert vendor.called == []
    await copy.run("UPDATE salons SET unheard = 3")
    await copy.round("salon:hooks")
    assert len(vendor.called) == 1
    state = await copy.salons.sync(HERE, SALON)
    assert state.salon is not None
    assert (state.salon.unheard, state.salon.salon.id) == (0, NUMBER)
