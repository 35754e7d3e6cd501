"""Asterisk's configuration files out of the templates in `conf/`."""

import secrets
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from kommutator.twins.pbx.config import AMI_USER, HOST, TRUNK_HOST, Dids, PbxConfig, Ports
from kommutator.twins.pbx.installation import Installation, wanted_modules

# Asterisk's own ${...} and the @ of dial strings stay as they are. Autoescaping is for HTML.
_TEMPLATES = Environment(  # noqa: S701 - these are configuration files, not pages
    variable_start_string="@{",
    variable_end_string="}",
    block_start_string="{%%",
    block_end_string="%%}",
    comment_start_string="{##",
    comment_end_string="##}",
    line_statement_prefix="%%",
    undefined=StrictUndefined,
    keep_trailing_newline=True,
)


@dataclass(frozen=True, slots=True)
class Secrets:
    """The passwords of one start."""

    ami: str = field(repr=False)
    probe: str = field(repr=False)
    phone: str = field(repr=False)

    @classmethod
    def of(cls, config: PbxConfig) -> "Secrets":
        return cls(
            ami=config.ami_secret or secrets.token_urlsafe(16),
            probe=config.probe_secret or secrets.token_urlsafe(16),
            phone=config.phone_secret or secrets.token_urlsafe(16),
        )


def render_configuration(
    installation: Installation, run: Path, config: PbxConfig, ports: Ports, passwords: Secrets
) -> None:
    """Write every configuration file into `run/etc`."""
    values = {
        "run": run,
        "root": installation.root,
        "modules_dir": installation.modules,
        "modules": _loadable(installation),
        "config": config,
        "ports": ports,
        "dids": Dids(),
        "host": HOST,
        "trunk_host": TRUNK_HOST,
        "ring_group": "&".join(f"PJSIP/{extension}" for extension in config.ring_group),
        "outbound_options": "tTb(gw-record-leg^s^1)" if config.record else "tT",
        "ami_user": AMI_USER,
        "ami_secret": passwords.ami,
        "probe_secret": passwords.probe,
        "phone_secret": passwords.phone,
    }
    for template in files("kommutator.twins.pbx").joinpath("conf").iterdir():
        if template.name.endswith(".in"):
            text = _TEMPLATES.from_string(template.read_text()).render(values)
            (run / "etc" / template.name.removesuffix(".in")).write_text(text)
    for name, text in config.config_files.items():
        place = run / "etc" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)


def _loadable(installation: Installation) -> list[str]:
    names = wanted_modules()
    return [name for name in names if (installation.modules / f"{name}.so").exists()]
