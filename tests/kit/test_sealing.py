"""Small secrets under one key: each opens in its own place, and nowhere else."""

import pytest

from kommutator.kit.crypto import Tampered
from kommutator.kit.sealing import KEY_BYTES, Sealer

SEALER = Sealer(b"k" * KEY_BYTES)


def test_what_was_sealed_opens_in_its_place() -> None:
    sealed = SEALER.seal(b"ratchet", "session/a")
    assert b"ratchet" not in sealed
    assert SEALER.open(sealed, "session/a") == b"ratchet"
    assert SEALER.seal(b"ratchet", "session/a") != sealed


@pytest.mark.parametrize(
    ("sealer", "cut", "place"),
    [
        (SEALER, slice(None), "session/b"),
        (SEALER, slice(None, -1), "session/a"),
        (SEALER, slice(0, 5), "session/a"),
        (SEALER, slice(0, 0), "session/a"),
        (Sealer(b"x" * KEY_BYTES), slice(None), "session/a"),
    ],
)
def test_elsewhere_cut_or_by_another_key_it_does_not(
    sealer: Sealer, cut: slice, place: str
) -> None:
    sealed = SEALER.seal(b"ratchet", "session/a")
    with pytest.raises(Tampered):
        sealer.open(sealed[cut], place)


def test_its_repr_shows_no_key() -> None:
    assert "kkk" not in repr(SEALER)
