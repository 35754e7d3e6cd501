import base64
import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kommutator.kit.crypto import Malformed, Place, Tampered, UnknownKey, Vault, VaultError
from kommutator.kit.keyring import KeyRing, KeyRingError, new_key, parse_keys

PLACE = Place("0367", "connections", "7b0c", "api_key")
OLD, NEW = bytes(range(32)), bytes(range(32, 64))
texts = st.text(max_size=200)


def vault(*names: str) -> Vault:
    keys = {"old": OLD, "new": NEW}
    return Vault(KeyRing(active=names[0], keys={name: keys[name] for name in names}))


@given(secret=texts)
def test_what_is_sealed_opens_again_in_its_place(secret: str) -> None:
    sealed = vault("old").seal(secret, PLACE)
    assert vault("old").open(sealed, PLACE) == secret
    assert vault("old").seal(secret, PLACE) != sealed


@given(here=st.tuples(texts, texts, texts, texts), there=st.tuples(texts, texts, texts, texts))
def test_it_opens_nowhere_else(
    here: tuple[str, str, str, str], there: tuple[str, str, str, str]
) -> None:
    sealed = vault("old").seal("secret", Place(*here))
    if here == there:
        assert vault("old").open(sealed, Place(*there)) == "secret"
    else:
        with pytest.raises(Tampered):
            vault("old").open(sealed, Place(*there))


def test_joining_fields_differently_is_another_place() -> None:
    sealed = vault("old").seal("secret", Place("1", "ab", "c", "d"))
    with pytest.raises(Tampered):
        vault("old").open(sealed, Place("1", "a", "bc", "d"))


@given(field=st.sampled_from(["key", "data"]), data=st.data())
def test_any_changed_bit_is_noticed(field: str, data: st.DataObject) -> None:
    sealed = vault("old").seal("a secret of some length", PLACE)
    raw = bytearray(base64.b64decode(sealed[field]))
    bit = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[bit // 8] ^= 1 << (bit % 8)
    with pytest.raises(Tampered):
        vault("old").open({**sealed, field: base64.b64encode(raw).decode()}, PLACE)
    with pytest.raises(Tampered):
        vault("new", "old").rewrap({**sealed, field: base64.b64encode(raw).decode()}, PLACE)


@pytest.mark.parametrize(
    "broken",
    [{}, {"v": 1}, {"v": 2, "kid": "old", "key": "", "data": ""}, {"v": 1, "kid": 7},
     {"v": 1, "kid": "old", "key": "%%%", "data": ""}, {"v": 1, "kid": "old", "key": None}],
)  # fmt: skip
def test_what_is_no_envelope_is_named_so(broken: dict[str, object]) -> None:
    with pytest.raises(Malformed):
        vault("old").open(broken, PLACE)


def test_an_envelope_cut_to_nothing_is_noticed() -> None:
    sealed = vault("old").seal("secret", PLACE)
    for field in ("key", "data"):
        with pytest.raises(Tampered):
            vault("old").open({**sealed, field: ""}, PLACE)


def test_keys_rotate_without_changing_what_is_sealed() -> None:
    sealed = vault("old").seal("secret", PLACE)
    with pytest.raises(UnknownKey) as caught:
        vault("new").open(sealed, PLACE)
    assert caught.value.kid == "old"
    moved = vault("new", "old").rewrap(sealed, PLACE)
    assert (moved["kid"], moved["data"]) == ("new", sealed["data"])
    assert vault("new").open(moved, PLACE) == "secret"
    assert vault("new", "old").rewrap(moved, PLACE) == moved


def test_the_name_of_the_key_is_bound_too() -> None:
    twins = Vault(KeyRing(active="old", keys={"old": OLD, "new": OLD}))
    sealed = twins.seal("secret", PLACE)
    with pytest.raises(Tampered):
        twins.open({**sealed, "kid": "new"}, PLACE)


def test_derived_keys_differ_by_purpose_and_master() -> None:
    both = vault("new", "old")
    keys = {both.derive("a"), both.derive("b"), both.derive("a", "old"), NEW, OLD}
    assert len(keys) == 5
    assert both.derive("a") == vault("new").derive("a", "new")
    with pytest.raises(UnknownKey):
        vault("new").derive("a", "old")


def test_errors_and_reprs_hold_no_secret() -> None:
    sealed = vault("old").seal("very-secret", PLACE)
    changed = copy.deepcopy(sealed)
    changed["data"] = changed["data"][::-1]
    with pytest.raises(VaultError) as caught:
        vault("old").open(changed, PLACE)
    told = repr(caught.value) + repr(vault("old")) + repr(KeyRing("old", {"old": OLD}))
    assert "very-secret" not in told
    assert repr(OLD) not in told


def test_key_rings_are_read_from_text() -> None:
    first, second = new_key("k1"), new_key("k2")
    ring = parse_keys(f" {second} , {first} ")
    assert ring.active == "k2"
    assert list(ring.keys) == ["k2", "k1"]
    assert all(len(key) == 32 for key in ring.keys.values())


@pytest.mark.parametrize("text", ["", " , ", "k1", "k 1:AAAA", "k1:AAAA", "k1:%%", ":AAAA"])
def test_bad_key_rings_are_refused_without_repeating_them(text: str) -> None:
    with pytest.raises(KeyRingError) as caught:
        parse_keys(text)
    assert "AAAA" not in str(caught.value)


def test_a_key_name_is_used_once() -> None:
    with pytest.raises(KeyRingError, match="twice"):
        parse_keys(f"{new_key('k1')},{new_key('k1')}")
