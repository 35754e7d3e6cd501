import pytest

from kommutator.domain.dialing import extension_for
from kommutator.kit.errors import InvalidInput

MAPPING = {"19": "150", "18": "151", "22": None}
KNOWN = {"150", "151", "152"}


def ring(code: str | None = None, user_id: str | None = None) -> str:
    return extension_for(code=code, user_id=user_id, mapping=MAPPING, known=KNOWN)


def test_the_users_own_extension_rings() -> None:
    assert ring(user_id="19") == "150"


def test_a_named_code_wins_over_the_user() -> None:
    assert ring(code="152", user_id="19") == "152"


def test_a_code_works_without_a_known_user() -> None:
    assert ring(code="151", user_id="99") == "151"


@pytest.mark.parametrize(
    ("code", "user_id", "slug"),
    [
        ("999", "19", "extension_unknown"),
        (None, "999", "extension_not_configured"),
        (None, "22", "extension_not_configured"),
        (None, None, "caller_missing"),
        ("", "", "caller_missing"),
    ],
)
def test_refusals_say_which(code: str | None, user_id: str | None, slug: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        ring(code, user_id)
    assert refused.value.code == slug
