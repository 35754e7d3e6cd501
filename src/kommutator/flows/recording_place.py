"""Where recordings lie: by the settings, and by their names inside."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

from kommutator.domain.calls.recordings import PROPER_NAME
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.kit.objects import Bucket, Objects
from kommutator.kit.spool import Spool
from kommutator.settings import Settings

_ENDINGS = (".wav", ".mp3", ".ogg")
_MARK = 12


def objects_of(settings: Settings) -> Objects:
    """The store that the settings name; nothing is asked of it yet."""
    parts = urlsplit(settings.recordings_url)
    if parts.scheme != "s3":
        own = Path(settings.recordings_url or settings.home / "recordings")
        return Objects.in_folder(own)
    return Objects.in_bucket(
        Bucket(
            name=parts.netloc,
            prefix=parts.path.strip("/"),
            endpoint=settings.recordings_endpoint or None,
            region=settings.recordings_region,
            access_key=_shown(settings.recordings_access_key),
            secret_key=_shown(settings.recordings_secret_key),
            path_style=settings.recordings_path_style,
        )
    )


def spool_of(settings: Settings) -> Spool:
    """A folder of this machine for files that are on their way."""
    return Spool(settings.home / "spool", limit=settings.recording_max_bytes)


def recording_name(text: str) -> str | None:
    """A recording's name as it came, with or without an ending; None if it is not one."""
    name = text
    for ending in _ENDINGS:
        if text.lower().endswith(ending):
            name = text[: -len(ending)]
    return name if PROPER_NAME.fullmatch(name) else None


def object_key(
    enterprise: EnterpriseNumber, name: str, sha256: bytes, ending: str, at: datetime
) -> str:
    """`<enterprise>/<yyyy>/<mm>/<name>-<part of the content's hash>.<ending>`.

    With the hash two files that come under one name at once never write into each other.
    """
    return f"{enterprise}/{at:%Y/%m}/{name}-{sha256.hex()[:_MARK]}.{ending}"


def _shown(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None
