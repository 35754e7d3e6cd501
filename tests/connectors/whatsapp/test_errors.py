"""What each refusal of the bridge means."""

import pytest

from kommutator.connectors.channels.whatsapp.errors import ROWS, judged
from kommutator.kit.errors import ErrorKind, Stage
from tests.support.papers import untold

HINTS = {row.hint for row in ROWS.values()} | {"whatsapp_bridge_missing", "whatsapp_bridge_down"}


@pytest.mark.parametrize(
    ("code", "reading", "writing", "stage"),
    [
        ("bad_request", ErrorKind.REJECTED, ErrorKind.REJECTED, Stage.BEFORE_SENDING),
        ("proxy_unsupported", ErrorKind.REJECTED, ErrorKind.REJECTED, Stage.BEFORE_SENDING),
        ("unknown_line", ErrorKind.TRANSIENT, ErrorKind.TRANSIENT, Stage.BEFORE_SENDING),
        ("not_open", ErrorKind.TRANSIENT, ErrorKind.TRANSIENT, Stage.BEFORE_SENDING),
        ("closed", ErrorKind.TRANSIENT, ErrorKind.TRANSIENT, Stage.BEFORE_SENDING),
        ("store_failed", ErrorKind.TRANSIENT, ErrorKind.TRANSIENT, Stage.BEFORE_SENDING),
        ("unsure", ErrorKind.UNSURE, ErrorKind.UNSURE, Stage.SENT),
        ("interrupted", ErrorKind.TRANSIENT, ErrorKind.UNSURE, Stage.SENT),
        ("timed_out", ErrorKind.TRANSIENT, ErrorKind.UNSURE, Stage.SENT),
        ("died", ErrorKind.TRANSIENT, ErrorKind.UNSURE, Stage.SENT),
        ("failed", ErrorKind.TRANSIENT, ErrorKind.TRANSIENT, Stage.SENT),
        ("refused", ErrorKind.TRANSIENT, ErrorKind.TRANSIENT, Stage.ANSWERED),
        ("never heard of", ErrorKind.TRANSIENT, ErrorKind.TRANSIENT, Stage.SENT),
    ],
)
def test_what_a_refusal_means(
    code: str, reading: ErrorKind, writing: ErrorKind, stage: Stage
) -> None:
    told = {"code": code, "message": "words"}
    assert judged(told, writing=False).kind is reading
    assert judged(told, writing=True).kind is writing
    assert judged(told, writing=True).stage is stage


def test_every_row_is_tried() -> None:
    marks = test_what_a_refusal_means.pytestmark  # type: ignore[attr-defined]  # pytest's own
    tried = {case[0] for case in marks[0].args[1]}
    assert set(ROWS) - tried == set()


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, ErrorKind.REJECTED),
        (403, ErrorKind.REJECTED),
        (429, ErrorKind.RATE_LIMITED),
        (463, ErrorKind.REJECTED),
        (500, ErrorKind.TRANSIENT),
        (None, ErrorKind.TRANSIENT),
    ],
)
def test_what_whatsapps_own_answer_means(status: int | None, kind: ErrorKind) -> None:
    error = judged({"code": "refused", "message": "rate-overlimit", "status": status}, writing=True)
    assert (error.kind, error.status, error.message) == (kind, status, "rate-overlimit")


@pytest.mark.parametrize("told", [None, [], "words", {"code": 7}, {"status": True}])
def test_a_garbled_refusal_is_transient(told: object) -> None:
    assert judged(told, writing=True).kind is ErrorKind.TRANSIENT


@pytest.mark.parametrize("locale", ["ru", "uk", "en"])
def test_every_refusal_has_a_sentence(locale: str) -> None:
    assert untold(HINTS, locale) == set()
