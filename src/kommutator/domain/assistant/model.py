"""A language model that a tenant connects: any service that speaks as OpenAI's does. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

import msgspec

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.kit.errors import InvalidInput

_LONGEST_URL: Final = 300
_NAME: Final = re.compile(r"[\w./:@+-]{1,200}", re.ASCII)
_LONGEST_KEY: Final = 512
Tried = Literal[
    "works", "no_tools", "unknown_model", "key", "limit", "address", "away", "slow", "strange",
    "no_package",
]  # fmt: skip


class ModelSettings(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Which model answers, and what it is told.

    Attributes:
        base_url: as in "https://api.example.com/v1"; `/chat/completions` is put after it.
        model: its name there, as "gpt://folder/yandexgpt/latest" or "qwen3:8b".
        masked: phones, e-mails and long numbers do not leave this house.
        names: the client's name may leave it.
        free_words: a sentence of the model's own may go before ours, if it can be proved.
        turns_per_day: after so many the rules answer until the next day (UTC).
    """

    base_url: str
    model: str
    masked: bool = True
    names: bool = False
    free_words: bool = False
    turns_per_day: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 500


class ModelSetup(msgspec.Struct, frozen=True):
    """Ready to be asked. Shows no key."""

    enterprise: EnterpriseNumber
    settings: ModelSettings
    version: int
    key: str = ""

    def __repr__(self) -> str:
        return f"ModelSetup({self.enterprise!r}, {self.settings!r}, version={self.version})"


class ModelTried(msgspec.Struct, frozen=True):
    """What came of trying a model.

    Attributes:
        state: "works", else what is wrong; shown as `llm.tried.<state>`.
        ms: how long it took; status: of the HTTP answer, where one came.
    """

    state: Tried
    ms: int = 0
    status: int | None = None


def checked_model(given: Mapping[str, Any]) -> ModelSettings:
    """Settings from outside.

    Raises InvalidInput: `llm_settings_invalid` (`field`), `llm_url_invalid`, `llm_model_invalid`.
    """
    try:
        found = msgspec.convert(dict(given), ModelSettings)
    except (msgspec.ValidationError, RecursionError) as error:
        name = re.search(r"`\$\.([a-z_]+)|field `([a-z_]+)`", str(error))
        field = (name[1] or name[2]) if name else ""
        raise InvalidInput("llm_settings_invalid", field=field) from None
    if not _NAME.fullmatch(found.model.strip()):
        raise InvalidInput("llm_model_invalid")
    url = _checked_url(found.base_url.strip())
    return msgspec.structs.replace(found, base_url=url, model=found.model.strip())


def checked_key(key: str) -> str:
    """Raises InvalidInput: `secret_invalid`."""
    key = key.strip()
    if len(key) > _LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise InvalidInput("secret_invalid")
    return key


def same_place(one: ModelSettings, other: ModelSettings) -> bool:
    """Whether a key that was given for one address may be sent to the other."""
    return one.base_url == other.base_url


def _checked_url(url: str) -> str:
    """Where it leads is judged when it is called: names change their addresses."""
    try:
        parts = urlsplit(url)
        fits = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        fits = False
    plain = url.isascii() and url.isprintable() and " " not in url and len(url) <= _LONGEST_URL
    if not fits or not plain or parts.username is not None or parts.query or parts.fragment:
        raise InvalidInput("llm_url_invalid")
    return url.rstrip("/").removesuffix("/chat/completions")
