"""The form of a PBX: what was filled in, checked, and what of it is shown again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kommutator.connectors.pbx.asterisk.ssh_address import command_words, ssh_user
from kommutator.kit.errors import InvalidInput
from kommutator.kit.given import whole
from kommutator.kit.ssh_keys import fingerprint


def read_pbx_config(form: Mapping[str, Any]) -> dict[str, Any]:
    """The connection's config as filled in.

    Raises:
        InvalidInput: `pbx_port_invalid`, `timeout_invalid`, `ssh_user_invalid`,
            `asterisk_command_invalid`.
    """
    sent = {name: str(value) for name, value in form.items()}
    trunks = [name.strip() for name in sent.get("trunks", "").split(",") if name.strip()]
    return {
        "ami_port": _number(sent.get("ami_port") or "5038", "pbx_port_invalid"),
        **_ssh_config(sent),
        **_more(sent),
        "tls": bool(sent.get("tls")),
        "tls_ca": sent.get("tls_ca", "").strip() or None,
        "trunks": trunks,
        "technology": sent.get("technology") or "PJSIP",
        "context": sent.get("context", "").strip() or "click2call",
        "originate_timeout_s": _number(sent.get("originate_timeout_s") or "20", "timeout_invalid"),
    }


def _ssh_config(sent: Mapping[str, str]) -> dict[str, Any]:
    """Checked before it is stored; a PBX by AMI keeps what was filled in for SSH."""
    if sent.get("link") != "ssh":
        return {"link": "ami"}
    command = " ".join(command_words(sent.get("asterisk_command")))
    return {
        "link": "ssh",
        "ssh_port": _number(sent.get("ssh_port") or "22", "pbx_port_invalid"),
        "ssh_user": ssh_user(sent.get("ssh_user", "").strip()),
        "asterisk_command": command,
    }


def _more(sent: Mapping[str, str]) -> dict[str, Any]:
    """Judged where it is stored, see `check_pbx_choices`; a form without this part changes none."""
    if not sent.get("more_shown"):
        return {}
    queues = [name.strip() for name in sent.get("queues", "").split(",") if name.strip()]
    recordings = {
        "pull": sent.get("pull") or "none",
        "ari_url": sent.get("ari_url", "").strip().rstrip("/") or None,
        "delete": bool(sent.get("pull_delete")),
    }
    return {
        "region": sent.get("region", "").strip().upper() or None,
        "queues": queues or None,
        "queue_member": sent.get("queue_member", "").strip() or None,
        "recordings": {name: value for name, value in recordings.items() if value is not None},
    }


def known_as(config: Mapping[str, Any]) -> str:
    """The fingerprint of the SSH server's saved key."""
    key = config.get("ssh_host_key")
    return fingerprint(str(key)) if key else ""


def _number(text: str, code: str) -> int:
    number = whole(text)
    if number is None:
        raise InvalidInput(code)
    return number
