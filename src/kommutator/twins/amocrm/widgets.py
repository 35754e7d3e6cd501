"""Packed widgets: uploaded as a zip by their developer, served to the pages piece by piece."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

MOST_FILES, MOST_BYTES = 300, 8 * 2**20
NEEDED = ("manifest.json", "script.js")
# What moderation wants to see in `images/`.
LOGOS = ("logo_main.png", "logo_small.png", "logo.png", "logo_medium.png", "logo_min.png")
TYPES = {
    "js": "text/javascript",
    "css": "text/css",
    "json": "application/json",
    "png": "image/png",
    "svg": "image/svg+xml",
    "twig": "text/plain",
}


@dataclass
class Widget:
    """A widget of one integration, with the settings an administrator gave it."""

    files: dict[str, bytes]
    manifest: Json
    complaints: list[str] = field(default_factory=list)
    settings: Json = field(default_factory=dict)

    def dump(self, client_id: str) -> Json:
        """What a page needs to start it."""
        about = self.manifest.get("widget", {})
        return {
            "code": str(about.get("code") or client_id),
            "version": str(about.get("version", "1.0.0")),
            "path": f"/widgets/{client_id}/",
            "langs": self.language("ru"),
            "locations": self.manifest.get("locations", []),
            "settings_form": self.manifest.get("settings", {}),
            "settings": self.settings,
            "complaints": self.complaints,
        }

    def language(self, code: str) -> Json:
        """The texts of one language; empty when the file is missing or no JSON."""
        try:
            texts = json.loads(self.files.get(f"i18n/{code}.json", b"{}"))
        except ValueError:
            return {}
        return texts if isinstance(texts, dict) else {}


def unpack(archive: bytes) -> Widget:
    """A widget out of its zip, files in the root of the archive as amoCRM wants them.

    Raises:
        ValueError: not a zip, too large, without manifest.json or script.js, or no JSON in it.
    """
    try:
        packed = zipfile.ZipFile(io.BytesIO(archive))
    except zipfile.BadZipFile as wrong:
        raise ValueError("not a zip archive") from wrong
    members = [info for info in packed.infolist() if not info.is_dir()]
    if len(members) > MOST_FILES or sum(info.file_size for info in members) > MOST_BYTES:
        raise ValueError("the archive is too large")
    files = {info.filename.removeprefix("./"): packed.read(info) for info in members}
    if absent := [name for name in NEEDED if name not in files]:
        raise ValueError(f"missing in the root of the archive: {', '.join(absent)}")
    manifest = json.loads(files["manifest.json"])
    if not isinstance(manifest, dict):
        raise ValueError("manifest.json is no object")  # noqa: TRY004  answered as a bad request
    return Widget(files, manifest, _complaints(files, manifest))


def content_type(name: str) -> str:
    """By the ending of a file's name."""
    return TYPES.get(name.rpartition(".")[2], "application/octet-stream")


def _complaints(files: dict[str, bytes], manifest: Json) -> list[str]:
    """What the vendor's check would send back."""
    about = manifest.get("widget", {})
    wanted = [f"i18n/{code}.json" for code in about.get("locale", [])]
    wanted += [f"images/{name}" for name in LOGOS]
    found = [f"no {name}" for name in wanted if name not in files]
    found += [f"manifest: no widget.{name}" for name in ("name", "version") if not about.get(name)]
    if not manifest.get("locations"):
        found.append("manifest: no locations")
    return found
