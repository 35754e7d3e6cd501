import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from kommutator.kit import log
from kommutator.kit.redact import LIMIT, Redactor, is_telling, mask
from tests.support.logs import caught_logs

SECRET = "s3cret-api-key-0001"


@pytest.fixture
def redactor() -> Redactor:
    made = Redactor()
    made.register(SECRET, "with space & sign!", "tiny")
    return made


@pytest.mark.parametrize(
    "name",
    ["password", "Authorization", "X-API-Key", "api_key", "apiKey", "client_secret", "clientId",
     "access_token", "Set-Cookie", "csrf", "ami_secret", "KOMMUTATOR_DATABASE_URL", "passwd"],
)  # fmt: skip
def test_telling_names(name: str) -> None:
    assert is_telling(name)


@pytest.mark.parametrize("name", ["phone", "key", "name", "lane", "status", "compass_heading"])
def test_plain_names(name: str) -> None:
    assert not is_telling(name)


def test_structures_keep_their_shape(redactor: Redactor) -> None:
    dirty = {
        "url": "https://user:pw@crm.example/x?apiKey=abcdef&page=2&clientId=zzz#x",
        "headers": {"X-API-KEY": "abc", "Accept": "json"},
        "list": [SECRET, 7, None, True, b"with space & sign!"],
        "words": f"key={SECRET}; Bearer abcdefghijk, kmt_abcdefghijkl",
        "password": "",
    }
    assert redactor.value(dirty) == {
        "url": "https://***@crm.example/x?apiKey=***&page=2&clientId=***#x",
        "headers": {"X-API-KEY": "***", "Accept": "json"},
        "list": ["***", 7, None, True, "***"],
        "words": "key=***; Bearer ***, kmt_***",
        "password": "",
    }


@given(before=st.text(), after=st.text())
def test_a_registered_secret_between_other_words_is_struck_out(before: str, after: str) -> None:
    redactor = Redactor()
    redactor.register("with space & sign!", SECRET)
    told = redactor.text(f"{before} {SECRET} with space & sign! {after}", limit=10**6)
    assert SECRET not in told
    assert "with space & sign!" not in told


def test_texts_are_cut_after_striking_out(redactor: Redactor) -> None:
    told = redactor.text("x" * (LIMIT - 5) + " " + SECRET + "y" * 9000)
    assert SECRET[:4] not in told
    assert len(told) < LIMIT + 40


def test_depth_and_width_end(redactor: Redactor) -> None:
    deep: list[object] = []
    for _ in range(1000):
        deep = [deep]
    assert "…" in json.dumps(redactor.value(deep), ensure_ascii=False)
    assert len(redactor.value(list(range(1000)))) == 100


def test_masks_let_long_secrets_be_recognised() -> None:
    assert (mask("short"), mask("0123456789abcdef")) == ("***", "***cdef")


@pytest.fixture
def lines(redactor: Redactor) -> Iterator[io.StringIO]:
    with caught_logs(redactor, level="debug") as out:
        yield out


def test_log_lines_are_json_with_ids_and_without_secrets(lines: io.StringIO) -> None:
    log.bind(request_id="r1", correlation_id="c1")
    structlog.get_logger("ours").info("crm.asked", url=f"https://x/?apiKey={SECRET}", token="t")
    logging.getLogger("theirs").warning("connecting to postgresql://u:pw@db with %s", SECRET)
    ours, theirs = (json.loads(line) for line in lines.getvalue().splitlines())
    assert (ours["event"], ours["url"], ours["token"]) == (
        "crm.asked", "https://x/?apiKey=***", "***",
    )  # fmt: skip
    assert (ours["request_id"], ours["correlation_id"], ours["level"]) == ("r1", "c1", "info")
    assert theirs["event"] == "connecting to postgresql://***@db with ***"


def test_tracebacks_are_struck_out_too(lines: io.StringIO) -> None:
    try:
        int(f"bad key {SECRET}")
    except ValueError:
        structlog.get_logger("ours").exception("failed")
    assert SECRET not in lines.getvalue()
    assert "'bad key ***'" in json.loads(lines.getvalue())["exception"]
