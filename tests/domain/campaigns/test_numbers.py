"""Lists as people paste them and as spreadsheets save them."""

import pytest

from kommutator.domain.campaigns.numbers import MOST_LINES, Wanted, read_numbers
from kommutator.kit.errors import InvalidInput


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("+375170000001", [Wanted("+375170000001")]),
        ("8 017 000-00-01", [Wanted("+375170000001")]),
        ("+375170000001; Anna", [Wanted("+375170000001", "Anna")]),
        ("\ufeff+375170000001,Anna\r\n+375170000001,Again\r\n", [Wanted("+375170000001", "Anna")]),
        (
            "имя;телефон;lead_id;time_zone\nАнна;80170000001;77;Europe/Kyiv",
            [Wanted("+375170000001", "Анна", 77, "Europe/Kyiv")],
        ),
        (
            'name,phone\n"Petrov, Ivan",+375170000002',
            [Wanted("+375170000002", "Petrov, Ivan")],
        ),
        ("phone\tlead\n+375170000001\t12x", [Wanted("+375170000001")]),
        ("phone,time_zone\n+375170000001,Mars/Base", [Wanted("+375170000001")]),
        (
            'phone;name\n+375170000001;"Anna\n+375170000002;"Boris" Ltd\n+375170000003',
            [
                Wanted("+375170000001", '"Anna'),
                Wanted("+375170000002", '"Boris" Ltd'),
                Wanted("+375170000003"),
            ],
        ),
        ("", []),
    ],
)
def test_what_is_found(text: str, expected: list[Wanted]) -> None:
    assert list(read_numbers(text, "BY").wanted) == expected


def test_lines_without_a_number_are_told() -> None:
    read = read_numbers("+375170000001\nnobody\n12\n\x00\n", "BY")
    assert (len(read.wanted), list(read.odd), read.odd_count) == (1, ["nobody", "12"], 2)


def test_too_long() -> None:
    with pytest.raises(InvalidInput) as refused:
        read_numbers("1\n" * (MOST_LINES + 1), "BY")
    assert refused.value.code == "campaign_list_too_long"
