"""Every setting of the service, from environment variables that start with `KOMMUTATOR_`.

`docs/settings.md` is generated from this room by `tools/settings_doc.py`. A wrong start says
everything that is wrong at once, without repeating any value.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import NoDecode, SettingsConfigDict

from kommutator.kit.errors import KommutatorError
from kommutator.kit.given import (
    by_comma,
    misspelt,
    optional_address,
    public_address,
    storage_place,
)
from kommutator.kit.keyring import KeyRing, KeyRingError, load_or_create, parse_keys
from kommutator.settings.amocrm import SHORT_NAMES, AmoCrmSettings
from kommutator.settings.channels import ChannelSettings
from kommutator.settings.llm import LlmSettings
from kommutator.settings.whatsapp import WhatsAppSettings
from kommutator.settings.yclients import YCLIENTS_SHORT_NAMES, YClientsSettings

PREFIX = "KOMMUTATOR_"
_SHORT = {**SHORT_NAMES, **YCLIENTS_SHORT_NAMES}
_FOREIGN = ("KOMMUTATOR_TEST_", "KOMMUTATOR_TWIN_", "KOMMUTATOR_BENCH_")

Seconds = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]
_LISTED = (NoDecode, BeforeValidator(by_comma))
Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing to repair before the service can start."""

    variable: str
    message: str


class SettingsError(KommutatorError):
    """All mistakes in the settings, together."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        lines = [f"  {mistake.variable}: {mistake.message}" for mistake in mistakes]
        super().__init__("\n".join(["The settings cannot be used:", *lines]))
        self.mistakes = tuple(mistakes)


class Settings(AmoCrmSettings, YClientsSettings, ChannelSettings, WhatsAppSettings, LlmSettings):
    """Read once at the start; a change needs a restart."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    # --- Where it lives ---
    home: Path = Field(
        Path("var"),
        description="Folder for the embedded database, the master key file and other own files.",
    )
    host: str = Field("127.0.0.1", description="Address the HTTP door listens on.")
    port: int = Field(8000, ge=0, le=65535, description="Port of the HTTP door; 0 takes any free.")
    public_url: Annotated[str, AfterValidator(public_address)] = Field(
        "",
        description="How people, CRMs and PBXs reach this service: scheme://host[:port][/prefix]. "
        "Empty: the address and port it listens on.",
    )
    database_url: SecretStr | None = Field(
        None, description="PostgreSQL DSN; empty starts the embedded server in the home folder."
    )
    database_pool: Count = Field(16, description="Connections to PostgreSQL per process.")

    # --- First administrator ---
    admin_email: str = Field(
        "admin@example.com",
        description="E-mail of the platform administrator made at the first start.",
    )
    admin_password: SecretStr | None = Field(
        None, description="Their password; empty prints a generated one once at the first start."
    )

    # --- Secrets ---
    master_keys: SecretStr | None = Field(
        None,
        description="Master keys `kid:base64,kid2:base64`, the first seals; empty keeps one in "
        "the file `master.key` of the home folder.",
    )
    metrics_token: SecretStr | None = Field(
        None, description="Bearer token for /metrics and /stats from elsewhere than loopback."
    )

    # --- Network ---
    private_hosts: Annotated[tuple[str, ...], *_LISTED] = Field(
        (),
        description="Hosts that may be private or speak plain http, by comma: an intranet CRM, a "
        "PBX on this machine whose recordings are fetched, the demo's vendors.",
    )
    egress: str = Field(
        "default",
        description="Names the address from which this process reaches vendors; processes "
        "behind one address share the vendors' allowance.",
    )
    trusted_proxies: Annotated[tuple[Network, ...], *_LISTED] = Field(
        (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128")),
        description="Networks whose X-Forwarded-For and X-Forwarded-Proto are believed, by comma.",
    )
    max_body_bytes: Count = Field(1_048_576, description="Largest request body, bytes.")

    # --- Recordings ---
    recordings_url: Annotated[str, AfterValidator(storage_place)] = Field(
        "", description="A folder's path or `s3://bucket/prefix`; empty: `recordings` at home."
    )
    recordings_endpoint: Annotated[str, AfterValidator(optional_address)] = Field(
        "", description="Address of an S3-compatible storage; empty is Amazon's own."
    )
    recordings_region: str = Field("us-east-1", description="Region of the bucket.")
    recordings_access_key: SecretStr | None = Field(None, description="The bucket's access key.")
    recordings_secret_key: SecretStr | None = Field(None, description="The secret beside it.")
    recordings_path_style: bool = Field(True, description="Name the bucket in the path.")
    recordings_keep_original: bool = Field(False, description="Keep also the file as it came.")
    recording_max_bytes: Count = Field(209_715_200, description="Largest recording, bytes.")

    # --- Cache of configurations ---
    cache_ttl_min_s: Seconds = Field(60, description="Shortest life of a cache entry, seconds.")
    cache_ttl_max_s: Seconds = Field(120, description="Longest life of a cache entry, seconds.")
    cache_soft_ratio: float = Field(
        0.5, gt=0, le=1, description="Part of its life after which an entry is renewed aside."
    )
    cache_size: Count = Field(10_000, description="Entries kept per cache.")
    refresh_min_s: Seconds = Field(180, description="Shortest pause between full refreshes, s.")
    refresh_max_s: Seconds = Field(300, description="Longest pause between full refreshes, s.")
    refresh_jitter: float = Field(
        0.15, ge=0.1, le=0.2, description="Random part added to or taken from that pause."
    )

    # --- Rate limits ---
    api_rate: float = Field(50, gt=0, description="API requests per second per user or key.")
    api_burst: Count = Field(200, description="API requests per user or key at once after a rest.")
    events_rate: float = Field(
        500, gt=0, description="PBX events per second per enterprise and process."
    )
    events_burst: Count = Field(2_000, description="PBX events of an enterprise at once.")
    login_per_account: Count = Field(
        5, description="Wrong passwords for one account from one address before it must wait."
    )
    login_per_address: Count = Field(
        30, description="Sign-in attempts from one address before it must wait."
    )
    login_pause_s: Seconds = Field(30, description="Wait earned by each further attempt, seconds.")

    # --- People ---
    session_hours: float = Field(12, gt=0, le=720, description="Life of a console session, hours.")
    token_minutes: float = Field(60, gt=0, le=1440, description="Life of an API token, minutes.")

    # --- Log ---
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least severity that is logged."
    )
    log_format: Literal["auto", "json", "pretty"] = Field(
        "auto", description="`auto` is pretty on a terminal and JSON elsewhere."
    )

    # --- Work ---
    enterprise_concurrency: Count = Field(
        32, description="Requests to vendors under way at once per enterprise in one process."
    )
    shutdown_s: Seconds = Field(20, description="Time for work under way at shutdown, seconds.")

    @model_validator(mode="before")
    @classmethod
    def _reachable(cls, values: Any) -> Any:
        """Without a public address people on this machine reach us where we listen."""
        if isinstance(values, dict) and not values.get("public_url"):
            host = str(values.get("host") or "127.0.0.1")
            host = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104  compared, not bound
            values = {**values, "public_url": f"http://{host}:{values.get('port') or 8000}"}
        return values

    @field_validator("master_keys")
    @classmethod
    def _keys(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            try:
                parse_keys(value.get_secret_value())
            except KeyRingError as error:
                raise ValueError(str(error)) from None
        return value

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        pairs = [
            ("cache_ttl_min_s", self.cache_ttl_min_s, "cache_ttl_max_s", self.cache_ttl_max_s),
            ("refresh_min_s", self.refresh_min_s, "refresh_max_s", self.refresh_max_s),
        ]
        wrong = [
            f"{PREFIX}{low.upper()} is greater than {PREFIX}{high.upper()}"
            for low, least, high, most in pairs
            if least > most
        ]
        if wrong:
            raise ValueError("; ".join(wrong))
        return self

    @property
    def https(self) -> bool:
        """Whether people reach us encrypted; decides how cookies are marked."""
        return self.public_url.startswith("https:")

    def key_ring(self) -> tuple[KeyRing, Path | None]:
        """The master keys, and the file that was made for them if this is the first start.

        Raises:
            KeyRingError: the key file is unreadable, malformed or open to others.
        """
        if self.master_keys is not None:
            return parse_keys(self.master_keys.get_secret_value()), None
        path = self.home / "master.key"
        ring, created = load_or_create(path)
        return ring, path if created else None


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read and check the settings from the process environment, or from the one given.

    Raises:
        SettingsError: with every mistake, probable misspellings included.
    """
    mistakes = _misspelt(os.environ if environment is None else environment)
    try:
        settings = Settings(**_values(os.environ if environment is None else environment))
    except ValidationError as error:
        mistakes += [_mistake(dict(detail)) for detail in error.errors(include_input=False)]
    if mistakes:
        raise SettingsError(mistakes)
    return settings


def _values(environment: Mapping[str, str]) -> dict[str, Any]:
    named = {field: _value(environment, field) for field in _FIELDS}
    return {field: value for field, value in named.items() if value != ""}


def _value(environment: Mapping[str, str], field: str) -> str:
    return environment.get(f"{PREFIX}{field.upper()}") or environment.get(_SHORT.get(field, ""), "")


_FIELDS = frozenset(Settings.model_fields)


def _mistake(detail: dict[str, Any]) -> Mistake:
    field = str(detail["loc"][0]).upper() if detail["loc"] else "*"
    return Mistake(f"{PREFIX}{field}", str(detail["msg"]).removeprefix("Value error, "))


def _misspelt(variables: Mapping[str, str]) -> list[Mistake]:
    known = [f"{PREFIX}{field.upper()}" for field in _FIELDS]
    unknown = [
        name
        for name in sorted(variables)
        if name.startswith(PREFIX) and name not in known and not name.startswith(_FOREIGN)
    ]
    return [
        Mistake(name, f"is not a setting; did you mean {meant}?")
        for name, meant in misspelt(unknown, known).items()
    ]
