"""Given values → files. Pure: the templates come with the package."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Final

from jinja2 import Environment, StrictUndefined, Template

from kommutator.domain.pbx_files import Flavour, PbxFile, PbxValues

# Autoescaping is for HTML; `PbxValues` lets nothing through that is syntax here.
_ENVIRONMENT: Final = Environment(  # noqa: S701  configuration files, not pages
    undefined=StrictUndefined,
    keep_trailing_newline=True,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ETC: Final = "/etc/asterisk"


def render_files(values: PbxValues, flavour: Flavour) -> Sequence[PbxFile]:
    """Every file of this flavour, in the order in which they are installed."""
    freepbx = flavour is Flavour.FREEPBX
    dialplan = _file(
        values,
        "freepbx.conf.j2" if freepbx else "kommutator.conf.j2",
        "extensions_custom.conf" if freepbx else "kommutator.conf",
        "dialplan_freepbx" if freepbx else "dialplan",
        secret=True,
    )
    manager = _file(
        values,
        "manager.conf.j2",
        "manager_custom.conf" if freepbx else "manager.d/kommutator.conf",
        "manager_freepbx" if freepbx else "manager",
        secret=True,
    )
    made = [dialplan, manager, _file(values, "pjsip.notes.j2", "", "pjsip")]
    made += _recording(values)
    if values.ari_user:
        made.append(
            _file(
                values,
                "ari.conf.j2",
                "ari_additional_custom.conf" if freepbx else "ari.kommutator.conf",
                "ari",
                secret=True,
            )
        )
    made.append(_file(values, "test.sh.j2", "", "test", secret=True, executable=True))
    return made


def _recording(values: PbxValues) -> list[PbxFile]:
    settings = _file(
        values, "recording.conf.j2", "kommutator-recording.conf", "recording_settings", secret=True
    )
    cron = _render("cron.j2", values)
    script = PbxFile(
        "kommutator-recording",
        values.script,
        "recording",
        _script(),
        executable=True,
    )
    return [
        script,
        settings,
        PbxFile("cron.d-kommutator-recording", "/etc/cron.d/kommutator-recording", "cron", cron),
    ]


def _file(
    values: PbxValues,
    template: str,
    place: str,
    slug: str,
    *,
    secret: bool = False,
    executable: bool = False,
) -> PbxFile:
    name = place.rpartition("/")[2] if place else template.removesuffix(".j2")
    if slug.startswith("manager") and name == "kommutator.conf":
        name = "manager.kommutator.conf"
    return PbxFile(
        name,
        f"{_ETC}/{place}" if place else "",
        slug,
        _render(template, values),
        secret=secret,
        executable=executable,
    )


def _render(template: str, values: PbxValues) -> str:
    return _template(template).render(v=values)


@cache
def _template(name: str) -> Template:
    return _ENVIRONMENT.from_string(
        files(__package__).joinpath("templates", name).read_text(encoding="utf-8")
    )


@cache
def _script() -> str:
    package = "kommutator.connectors.pbx.asterisk"
    return files(package).joinpath("kommutator-recording").read_text(encoding="utf-8")
