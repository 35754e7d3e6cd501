"""A recording that nobody brought: look for it where it should lie, again and again for a day.

Addresses come from tenants and their PBXs, so only public https is opened, besides the hosts
that the settings trust and the PBX's own, which may stand in a private network, but is never
this machine or its neighbour on the link. Redirects are not followed.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Literal, Protocol
from uuid import UUID

import structlog

from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.recordings import PbxRecordings, RecordingSource
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.take_recording import NoAudio, TakeRecording
from kommutator.kit.clock import Clock
from kommutator.kit.errors import Conflict, NotFound, Unavailable
from kommutator.kit.http import HttpClient, WireError
from kommutator.kit.spool import Spool, SpoolFull
from kommutator.store.database import Database
from kommutator.store.recording_rows import RecordingRow

_log = structlog.get_logger()

GIVE_UP = timedelta(hours=24)
_PAUSES = tuple(timedelta(minutes=m) for m in (5, 15, 60, 240))
_DOWNLOAD_S = 300.0
_FOR_GOOD = frozenset({"address_refused", "not_audio", "too_large", "differs"})
_REFUSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})

Outcome = Literal["fetched", "again", "lost"]


class Accounts(Protocol):
    """What is needed of `Directory`."""

    async def account(self, connection_id: UUID) -> Account: ...
    async def account_of(
        self, enterprise: EnterpriseNumber, kind: ConnectionKind
    ) -> Account | None: ...


class NotFetched(Exception):
    """Attribute `why`: slug of `recording.why.*`; None: there is nowhere to look."""

    def __init__(self, why: str | None) -> None:
        super().__init__(why)
        self.why = why


class FetchRecording:
    """`trusted_hosts` as in `Settings.private_hosts`."""

    def __init__(
        self,
        db: Database,
        accounts: Accounts,
        stored: PbxRecordings,
        take: TakeRecording,
        spool: Spool,
        *,
        clock: Clock,
        trusted_hosts: Collection[str],
    ) -> None:
        self._db = db
        self._accounts = accounts
        self._stored = stored
        self._take = take
        self._spool = spool
        self._clock = clock
        self._trusted = frozenset(trusted_hosts)

    async def fetch(self, row: RecordingRow) -> Outcome:
        """One try for an expected recording that is due; its failure is written down."""
        try:
            source = await self._source(row)
            await self._bring(row, source)
        except NotFetched as failure:
            return await self._failed(row, failure.why)
        await self._remove(source)
        return "fetched"

    async def _source(self, row: RecordingRow) -> RecordingSource:
        account = await self._account(row)
        if row.source_url:
            return RecordingSource(url=row.source_url, host=account.host if account else None)
        source = self._stored.source(account, row.name) if account else None
        if source is None:
            raise NotFetched(None)
        return source

    async def _account(self, row: RecordingRow) -> Account | None:
        if row.connection_id is not None:
            try:
                found = await self._accounts.account(row.connection_id)
            except NotFound:
                found = None
            if found is not None and found.enterprise == row.enterprise:
                return found
        return await self._accounts.account_of(row.enterprise, ConnectionKind.ASTERISK)

    async def _bring(self, row: RecordingRow, source: RecordingSource) -> None:
        try:
            async with self._spool.draft() as draft:
                http = self._client(source)
                try:
                    status = await http.download(
                        source.url, draft.write, headers=source.headers, timeout_s=_DOWNLOAD_S
                    )
                finally:
                    await http.close()
                if status != HTTPStatus.OK:
                    raise NotFetched(_why_refused(status, source))
                draft.finish()
                taken = await self._take.keep(
                    row.enterprise, row.name, draft,
                    origin="download" if row.source_url else "pull",
                    connection_id=row.connection_id,
                )  # fmt: skip
        except WireError as error:
            refused = error.reason in ("address_refused", "insecure_url")
            raise NotFetched("address_refused" if refused else "unreachable") from error
        except SpoolFull as error:
            raise NotFetched("too_large") from error
        except NoAudio as error:
            raise NotFetched("not_audio") from error
        except Conflict as error:
            raise NotFetched("differs") from error
        except (Unavailable, OSError) as error:
            raise NotFetched("storage_away") from error
        _log.info("recordings.fetched", enterprise=row.enterprise, fate=taken.fate)

    def _client(self, source: RecordingSource) -> HttpClient:
        """Of its own, because what it may open depends on whose PBX this is."""
        own = {source.host} if source.host else set()
        return HttpClient(clock=self._clock, allowed_hosts=self._trusted, own_hosts=own)

    async def _failed(self, row: RecordingRow, why: str | None) -> Outcome:
        now = self._clock.now()
        over = now >= row.expected_at + GIVE_UP
        async with self._db.unit() as unit:
            if why in _FOR_GOOD or over:
                await self._take.lost(unit, row, why or "never_came")
                return "lost"
            next_try = _next_try(row, now) if why else row.expected_at + GIVE_UP
            await unit.recordings.postpone(row.enterprise, row.name, why, next_try)
        return "again"

    async def _remove(self, source: RecordingSource) -> None:
        """The PBX's copy; ours is safe, so a failure is only worth a line in the log."""
        if source.delete is None:
            return
        http = self._client(source)
        try:
            await http.request("DELETE", source.delete, headers=source.headers)
        except WireError as error:
            _log.warning("recordings.copy_left", reason=error.reason)
        finally:
            await http.close()


def _next_try(row: RecordingRow, now: datetime) -> datetime:
    """2 minutes after the call came the first look; then 5, 15, 60 and each 240 minutes."""
    pause = _PAUSES[min(row.tries, len(_PAUSES)) - 1]
    return min(now + pause, max(now, row.expected_at + GIVE_UP))


def _why_refused(status: int, source: RecordingSource) -> str:
    if not source.headers:
        return "source_refused"
    if status in _REFUSED:
        return "pull_denied"
    return "pull_not_there" if status == HTTPStatus.NOT_FOUND else "unreachable"
