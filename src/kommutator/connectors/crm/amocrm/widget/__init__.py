"""The amoCRM widget as files, and its packing into the archive that amoCRM takes.

Source of the layout: amocrm.ru/developers, "Структура виджета": manifest.json, script.js, i18n/
and six images of given sizes in the archive's root.
"""

from __future__ import annotations

import io
import json
import re
from importlib.resources import files
from importlib.resources.abc import Traversable
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from kommutator.kit.errors import InvalidInput

_PLACE = "__KOMMUTATOR_URL__"
_VERSION = re.compile(r"\d{1,4}\.\d{1,4}\.\d{1,4}")
_CODE = (".py", ".pyc", "__pycache__")
_MADE = (2026, 1, 1, 0, 0, 0)  # the same files make the same archive, byte for byte


def pack_widget(service_url: str, version: str = "1.0.0") -> bytes:
    """The archive to upload in the integration's card.

    Args:
        service_url: where browsers reach this service, https; a page of amoCRM may not ask http.
        version: to be raised with each upload; amoCRM's caches go by it.

    Raises:
        InvalidInput: `widget_url_not_https`, `widget_version_invalid`.
    """
    if not service_url.startswith("https://"):
        raise InvalidInput("widget_url_not_https", url=service_url)
    if not _VERSION.fullmatch(version):
        raise InvalidInput("widget_version_invalid")
    return pack_for(service_url, version)


def pack_for(service_url: str, version: str = "1.0.0") -> bytes:
    """Like `pack_widget`, for any address: the demo's amoCRM is on this machine, without TLS."""
    box = io.BytesIO()
    with ZipFile(box, "w", ZIP_DEFLATED) as archive:
        for name, content in sorted(_walk(files(__name__))):
            archive.writestr(_entry(name), _filled(name, content, service_url, version))
    return box.getvalue()


def _walk(folder: Traversable, prefix: str = "") -> list[tuple[str, bytes]]:
    found = []
    for item in folder.iterdir():
        if item.name.endswith(_CODE):
            continue
        name = f"{prefix}{item.name}"
        found += _walk(item, f"{name}/") if item.is_dir() else [(name, item.read_bytes())]
    return found


def _entry(name: str) -> ZipInfo:
    entry = ZipInfo(name, _MADE)
    entry.compress_type = ZIP_DEFLATED
    return entry


def _filled(name: str, content: bytes, service_url: str, version: str) -> bytes:
    if name == "script.js":
        # As a JavaScript string's inside: what comes from a setting may not end the string.
        inside = json.dumps(service_url.rstrip("/")).strip('"').replace("'", "\\'")
        return content.decode().replace(_PLACE, inside).encode()
    if name == "manifest.json":
        manifest = json.loads(content)
        manifest["widget"]["version"] = version
        return json.dumps(manifest, ensure_ascii=False, indent=2).encode()
    return content
