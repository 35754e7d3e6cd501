"""What an administrator chooses for a PBX beyond its address, checked before it is stored."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from kommutator.domain.queue_words import QUEUE_NAME, is_member
from kommutator.kit.errors import InvalidInput
from kommutator.kit.phones import countries

if TYPE_CHECKING:
    from kommutator.store.connection_rows import ConnectionRecord

_ARI_SECRETS = ("ari_user", "ari_password")
_PULLS = ("none", "ari")
_MOST_QUEUES = 100
_LONGEST_URL = 300
_ARI_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")
_ARI_PATH = re.compile(r"(/[A-Za-z0-9._-]+)*/ari")


def check_pbx_choices(
    config: Mapping[str, Any], address: str, *, private_hosts: Collection[str]
) -> None:
    """The parts that a form fills in; what is absent, or None, stays as it is without it.

    Args:
        config: what is to be judged: the form, or with a new address all that there will be.
        address: of the PBX. Recordings may be pulled without https from its host, and from
            `private_hosts`, only: the password goes with the question.

    Raises:
        InvalidInput: `region_unknown`, `queue_name_invalid`, `queue_member_invalid`,
            `pull_unknown`, `ari_url_invalid`, `ari_url_needs_https`.
    """
    region = config.get("region")
    if region is not None and region not in countries():
        raise InvalidInput("region_unknown", region=str(region)[:20])
    _check_queues(config)
    recordings = config.get("recordings") or {}
    if recordings.get("pull", _PULLS[0]) not in _PULLS:
        raise InvalidInput("pull_unknown")
    url = recordings.get("ari_url")
    if url or recordings.get("pull") == "ari":
        parts, pbx_host = _ari_parts(str(url or "")), urlsplit(address).hostname or ""
        if parts.scheme != "https" and parts.hostname not in {pbx_host, *private_hosts}:
            raise InvalidInput("ari_url_needs_https", host=pbx_host)


def demand_ari_secrets(
    stored: ConnectionRecord, config: Mapping[str, Any], typed: Mapping[str, str]
) -> None:
    """A stored password must not travel to an address that it was not given for.

    Raises InvalidInput: `secret_needed_for_new_address`, also for another scheme or port.
    """
    new = _ari_address(config)
    moves = new is not None and new != _ari_address(stored.config)
    kept = any(name in stored.sealed for name in _ARI_SECRETS)
    if moves and kept and not all(typed.get(name) for name in _ARI_SECRETS):
        raise InvalidInput("secret_needed_for_new_address")


def _check_queues(config: Mapping[str, Any]) -> None:
    queues = config.get("queues") or []
    for queue in queues:
        if len(queues) > _MOST_QUEUES or not QUEUE_NAME.fullmatch(str(queue)):
            raise InvalidInput("queue_name_invalid", queue=str(queue)[:80], most=_MOST_QUEUES)
    member = config.get("queue_member")
    if member is not None and not is_member(str(member)):
        raise InvalidInput("queue_member_invalid", member=str(member)[:80])


def _ari_parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises on what is no port
    except ValueError:
        raise InvalidInput("ari_url_invalid") from None
    whole = (
        len(url) <= _LONGEST_URL
        and url.isascii()
        and url.isprintable()
        and parts.scheme in {"http", "https"}
        and parts.username is None
        and _ARI_HOST.fullmatch(parts.hostname or "")
        and _ARI_PATH.fullmatch(parts.path)
        and not set(url) & set("?#\\ ")
    )
    if not whole:
        raise InvalidInput("ari_url_invalid")
    return parts


def _ari_address(config: Mapping[str, Any]) -> tuple[str, str] | None:
    url = (config.get("recordings") or {}).get("ari_url")
    if not url:
        return None
    try:
        parts = urlsplit(str(url))
    except ValueError:  # written by hand, and nobody's address
        return "", str(url)
    return parts.scheme, parts.netloc.lower()
