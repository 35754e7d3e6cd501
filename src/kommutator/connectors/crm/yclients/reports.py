"""What became of messages that YClients sent through us (contract §1.9).

The address it names holds our partner token. It goes to the vendor's own hosts only: whoever makes
up an address must not get the token with it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlsplit

import msgspec

from kommutator.connectors.crm.yclients.application import Application
from kommutator.connectors.crm.yclients.errors import YClientsError, judge, judge_silence
from kommutator.connectors.crm.yclients.manifest import VENDOR_HOSTS
from kommutator.connectors.refusing import refused
from kommutator.domain.commands import ReportMessages
from kommutator.domain.connection import ConnectionKind
from kommutator.domain.outcome import Exchange
from kommutator.domain.refusal import Judgement
from kommutator.kit.describe import describe_answer, describe_request, describe_silence
from kommutator.kit.errors import ErrorKind, Stage
from kommutator.kit.http import HttpClient, WireError

_PLAIN_HOST = re.compile(r"[a-z0-9.-]+")  # no login, no port, nothing to be filled in
TOKEN = "{token}"  # noqa: S105  what stands for it in a command


async def report(
    http: HttpClient, app: Application, command: ReportMessages, *, timeout_s: float
) -> Exchange:
    """Tell the statuses; telling them twice does no harm.

    Raises:
        YClientsError: `yclients_callback_foreign`: not an address of the vendor's; refused, or no
            answer.
    """
    if not is_vendors(app, command.to):
        raise YClientsError(
            ErrorKind.REJECTED,
            "the address is not the vendor's",
            stage=Stage.BEFORE_SENDING,
            hint="yclients_callback_foreign",
        )
    rows = [{"id": row, "status": status} for row, status in command.reports]
    body = msgspec.json.encode(rows)
    secrets = app.secrets()
    sent = describe_request("POST", command.to, body=body, secrets=secrets)
    try:
        answer = await http.request(
            "POST",
            command.to.replace(TOKEN, app.partner_token),
            headers={"Content-Type": "application/json", "Accept": "application/json"},
            body=body,
            timeout_s=timeout_s,
            vendor=ConnectionKind.YCLIENTS,
        )
    except WireError as error:
        silence = Exchange(sent, describe_silence(error))
        raise _refusal(judge_silence(error, writing=True), silence, secrets, error.stage) from None
    exchange = Exchange(sent, describe_answer(answer, secrets), answer.duration_ms)
    judgement = judge(answer, writing=True).judgement
    if judgement is not None:
        raise _refusal(judgement, exchange, secrets, Stage.ANSWERED, answer.status)
    return exchange


def is_vendors(app: Application, address: str) -> bool:
    """Whether an address may be told our token: the vendor's hosts, or those of our settings."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    place = (parts.scheme, parts.netloc)
    if place in {urlsplit(base)[:2] for base in (app.api, app.marketplace)}:
        return True
    host = parts.netloc.lower()
    known = any(host == name or host.endswith(f".{name}") for name in VENDOR_HOSTS)
    return known and parts.scheme == "https" and _PLAIN_HOST.fullmatch(host) is not None


def _refusal(
    judgement: Judgement,
    exchange: Exchange,
    secrets: Sequence[str],
    stage: Stage,
    status: int | None = None,
) -> YClientsError:
    """Here nobody refuses our user: a 401 or 403 means the address."""
    revoked = judgement.kind is ErrorKind.ACCESS_REVOKED
    kind = ErrorKind.REJECTED if revoked else judgement.kind
    return refused(YClientsError, replace(judgement, kind=kind), exchange, secrets, stage, status)
