"""The connector's own papers: texts, quality, README."""

import ast
import re
from pathlib import Path

import pytest
import yaml

from kommutator.connectors.crm import yclients
from kommutator.connectors.crm.yclients import errors
from kommutator.connectors.crm.yclients.permissions import NEEDED
from tests.support.papers import alike, check_quality, check_readme, sentences, untold

FOLDER = Path(yclients.__file__).parent
ROOT = Path(__file__).parents[3]
CODE = "\n".join(path.read_text() for path in FOLDER.glob("*.py"))

ARRIVING, LIFECYCLE = "tests/flows/yclients/test_arriving", "tests/flows/yclients/test_lifecycle"
HERE = "tests/connectors/yclients"
PROOFS = {
    "connect_tests_account_before_saving": (
        ARRIVING,
        "test_a_truly_signed_stranger_cannot_take_a_salon_that_waits",
    ),
    "same_account_cannot_be_added_twice": (
        ARRIVING,
        "test_two_who_press_the_button_at_once_make_one_connection",
    ),
    "reconnect_refuses_wrong_account": (
        ARRIVING,
        "test_another_enterprises_salon_is_refused_and_the_others_are_not",
    ),
    "uninstall_wipes_tokens": (LIFECYCLE, "test_uninstalling_wipes_every_secret"),
    "reconciliation_poll": (LIFECYCLE, "test_lost_notices_are_made_up_for_at_night"),
    "fixtures_for_every_parsed_kind_and_one_unknown": (
        f"{HERE}/test_hooks",
        "test_an_unknown_kind_is_kept_and_named",
    ),
    "error_table_covers_every_documented_status": (
        f"{HERE}/test_errors",
        "test_every_known_sentence_means_something",
    ),
    "limits_in_manifest": (
        f"{HERE}/test_pace",
        "test_pace_leaves_room_for_the_way_to_the_vendor",
    ),
    "readme_with_setup_and_removal": (
        f"{HERE}/test_house_rules",
        "test_readme_tells_setup_and_removal",
    ),
    "texts_ru_uk_en": (f"{HERE}/test_house_rules", "test_every_refusal_has_a_sentence"),
    "passes_port_contract_on_twin": (
        f"{HERE}/test_salon_live",
        "test_book_find_move_confirm_cancel",
    ),
    "rate_limit_proven_at_10x": (
        f"{HERE}/test_pace",
        "test_two_minutes_of_ten_times_too_much",
    ),
    "hooks_and_errors_lines_fully_covered": (f"{HERE}/test_errors", "test_refusal"),
    "find_again_for_every_non_idempotent_write": (
        f"{HERE}/test_delivery",
        "test_a_lost_record_is_looked_for_first",
    ),
    "user_errors_are_translated_sentences_with_an_action": (
        f"{HERE}/test_house_rules",
        "test_sentences_are_told_in_three_languages",
    ),
}
"""What is said to be done → where it is shown."""


def hints() -> set[str]:
    rows = [*errors.WORDS.values(), *errors.PAGES.values(), *(row for _, row in errors.TEXTS)]
    found = {row.hint for row in rows} | set(errors.HINTS.values()) | set(errors.TELLING)
    found |= set(re.findall(r'"(yclients_[a-z_]+|salon_hooks_full)"', CODE))
    return {hint for hint in found if hint}


@pytest.mark.parametrize("locale", ["ru", "uk", "en"])
def test_every_refusal_has_a_sentence(locale: str) -> None:
    assert len(hints()) > 30
    assert untold(hints(), locale) == set()


def test_every_right_has_a_name() -> None:
    known = sentences("ru")
    assert {slug for slug in (*NEEDED, "phones") if f"salon_right.{slug}" not in known} == set()


def test_sentences_are_told_in_three_languages() -> None:
    assert alike("yclients_", "booking_") == set()


def test_quality_scale() -> None:
    check_quality(FOLDER)


@pytest.mark.parametrize("item", PROOFS)
def test_what_is_said_to_be_done_has_a_test(item: str) -> None:
    scale = yaml.safe_load((FOLDER / "quality.yaml").read_text())
    assert any(tier.get(item) == "done" for tier in scale.values() if isinstance(tier, dict))
    file, name = PROOFS[item]
    tree = ast.parse((ROOT / f"{file}.py").read_text())
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    assert name in {node.name for node in tree.body if isinstance(node, functions)}


def test_readme_tells_setup_and_removal() -> None:
    rooms = {path.name for path in FOLDER.glob("*.py")} - {"__init__.py"}
    assert rooms - check_readme(FOLDER) == set()
