"""The recording script on the demo's PBX: the same one that `kommutator pbx setup` hands out."""

from __future__ import annotations

import shlex
from importlib.resources import files
from pathlib import Path

_SCRIPT = "kommutator-recording"


class Recorder:
    """Lives in a folder of the PBX, which gives it to the PBX's own user at the start."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()
        self._settings = self._folder / "recording.conf"

    def install(self) -> str:
        """Before the PBX starts; returns the command that MixMonitor runs."""
        self._folder.mkdir(parents=True, exist_ok=True)
        source = files("kommutator.connectors.pbx.asterisk").joinpath(_SCRIPT)
        script = self._folder / _SCRIPT
        script.write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
        script.chmod(0o755)
        self._settings.write_text("", encoding="utf-8")
        self._settings.chmod(0o600)
        settings, command = shlex.quote(str(self._settings)), shlex.quote(str(script))
        return f"KOMMUTATOR_RECORDING_CONF={settings} {command} ^{{MIXMONITOR_FILENAME}}"

    def point_to(self, url: str, secret: str) -> None:
        """Say where recordings go. Written in place: the file stays its owner's."""
        with self._settings.open("w", encoding="utf-8") as file:
            file.write(f"KOMMUTATOR_URL={url}\nKOMMUTATOR_SECRET={secret}\n")
