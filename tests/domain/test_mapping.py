import pytest
from hypothesis import given
from hypothesis import strategies as st

from kommutator.domain.mapping import (
    Assignment,
    Row,
    State,
    assign,
    compare,
    holder_of,
    merge_first_import,
    to_push,
    validated,
)
from kommutator.kit.errors import InvalidInput


def test_assign_a_free_number() -> None:
    assert assign({"19": "150"}, "18", "151") == Assignment({"19": "150", "18": "151"})


def test_reassigning_takes_the_number_from_its_holder() -> None:
    assert assign({"19": "150", "18": "151"}, "18", "150") == Assignment({"18": "150"}, "19")


def test_assigning_the_own_number_again_changes_nothing() -> None:
    assert assign({"19": "150"}, "19", "150") == Assignment({"19": "150"})


@pytest.mark.parametrize("nothing", [None, ""])
def test_taking_a_number_away(nothing: str | None) -> None:
    assert assign({"19": "150", "18": "151"}, "19", nothing) == Assignment({"18": "151"})


def test_assign_leaves_its_argument_alone() -> None:
    codes = {"19": "150"}
    assign(codes, "18", "150")
    assert codes == {"19": "150"}


@pytest.mark.parametrize(
    ("user", "number", "code"),
    [
        ("19", "15 0", "extension_invalid"),
        ("19", "1" * 21, "extension_invalid"),
        ("19", "150\n", "extension_invalid"),
        ("", "150", "crm_user_invalid"),
        ("19/../20", "150", "crm_user_invalid"),
    ],
)
def test_bad_words(user: str, number: str, code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        assign({}, user, number)
    assert caught.value.code == code


def test_validated_drops_nulls() -> None:
    assert validated({"19": "150", "22": None, "23": ""}) == {"19": "150"}


def test_validated_names_both_claimants() -> None:
    with pytest.raises(InvalidInput) as caught:
        validated({"19": "150", "18": "150"})
    assert caught.value.code == "extension_taken"
    assert caught.value.params == {"number": "150", "user": "18", "other": "19"}


def test_validated_wants_text() -> None:
    with pytest.raises(InvalidInput) as caught:
        validated({"19": [150]})
    assert caught.value.code == "extension_invalid"


def test_holder() -> None:
    assert holder_of({"19": "150"}, "150") == "19"
    assert holder_of({"19": "150"}, "151") is None


def test_three_columns() -> None:
    rows = compare(
        pbx=["150", "151", "152", "153", "1000"],
        ours={"19": "150", "18": "151", "16": "199", "77": "152"},
        crm={"19": "150", "18": "154", "22": "153"},
        users=["16", "18", "19", "22", "24"],
    )
    assert rows == (
        Row(State.CONFLICT, "16", None, "199", None),  # the PBX has no 199
        Row(State.DRIFT, "18", "151", "151", "154"),
        Row(State.OK, "19", "150", "150", "150"),
        Row(State.DRIFT, "22", "153", None, "153"),
        Row(State.UNASSIGNED, "24", None, None, None),
        Row(State.UNKNOWN_USER, "77", "152", "152", None),
        Row(State.FREE, None, "1000", None, None),
    )


def test_number_given_to_two_users_in_the_crm_is_a_conflict() -> None:
    rows = compare(["150"], {"19": "150"}, {"19": "150", "18": "150"}, ["18", "19"])
    assert rows == (
        Row(State.CONFLICT, "18", "150", None, "150", ("19",)),
        Row(State.CONFLICT, "19", "150", "150", "150", ("18",)),
    )


def test_number_of_ours_given_to_another_in_the_crm_is_a_conflict() -> None:
    (row, _) = compare(["150"], {"19": "150"}, {"18": "150"}, ["18", "19"])
    assert row == Row(State.CONFLICT, "18", "150", None, "150")


def test_free_numbers_in_the_order_of_people() -> None:
    rows = compare(["1000", "99", "150"], {}, {}, [])
    assert [row.pbx for row in rows] == ["99", "150", "1000"]


def test_first_import_takes_what_is_free() -> None:
    result = merge_first_import({}, {"19": "150", "18": "151"})
    assert result.codes == {"19": "150", "18": "151"}
    assert result.skipped == {}


def test_first_import_never_changes_ours() -> None:
    result = merge_first_import(
        {"19": "150", "20": "160"},
        {"19": "199", "20": "160", "18": "150", "21": "152", "22": "152", "23": "1-5", "24": "155"},
    )
    assert result.codes == {"19": "150", "20": "160", "24": "155"}
    assert result.imported == {"24": "155"}
    assert result.skipped == {"19": "199", "18": "150", "21": "152", "22": "152", "23": "1-5"}


def test_ours_are_pushed_when_the_crm_differs() -> None:
    assert to_push({"19": "150"}, {"19": "151", "18": "150"}) == {"19": "150"}
    assert to_push({"19": "150"}, {"19": "150"}) is None
    assert to_push({}, {"19": "150"}) == {}


def test_users_the_crm_lacks_are_not_pushed() -> None:
    assert to_push({"19": "150", "77": "151"}, {"19": "150"}, ["19"]) is None


NUMBERS = st.sampled_from(["150", "151", "152", None])
CHANGES = st.lists(st.tuples(st.sampled_from(["16", "18", "19"]), NUMBERS), max_size=12)
CODES = st.dictionaries(
    st.sampled_from(["16", "18", "19", "77"]), st.sampled_from(["150", "151", "152"])
)


@given(CHANGES)
def test_no_number_ever_has_two_holders(changes: list[tuple[str, str | None]]) -> None:
    codes: dict[str, str] = {}
    for user, number in changes:
        codes = assign(codes, user, number).codes
        assert codes.get(user) == number
        assert len(set(codes.values())) == len(codes)


@given(CODES, CODES)
def test_import_keeps_ours_and_uniqueness(raw: dict[str, str], crm: dict[str, str]) -> None:
    ours = {number: user for user, number in raw.items()}  # unique by construction
    mine = {user: number for number, user in ours.items()}
    result = merge_first_import(mine, crm)
    assert result.codes.items() >= mine.items()
    assert len(set(result.codes.values())) == len(result.codes)


@given(CODES, CODES)
def test_every_number_and_user_is_in_the_table(ours: dict[str, str], crm: dict[str, str]) -> None:
    rows = compare(["150", "151"], ours, crm, ["16", "18", "19"])
    assert {row.user_id for row in rows if row.user_id} == {"16", "18", "19", *ours, *crm}
    taken = {*ours.values(), *crm.values()}
    assert {row.pbx for row in rows if row.state is State.FREE} == {"150", "151"} - taken


def test_numbers_without_quotes_are_taken_as_they_look() -> None:
    assert validated({"19": 150, "18": "151", "22": None}) == {"19": "150", "18": "151"}
    with pytest.raises(InvalidInput) as caught:
        validated({"19": 150, "18": "150"})
    assert caught.value.code == "extension_taken"
