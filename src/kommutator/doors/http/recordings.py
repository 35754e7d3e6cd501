"""The player's end of a signed link: a recording in parts, or a page that says why not."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from html import escape
from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse, StreamingResponse

from kommutator.doors.http.auth import house_of
from kommutator.doors.http.errors import error_response, locale_of
from kommutator.doors.http.ranges import Unsatisfiable, has_it, still_the_same, wanted_part
from kommutator.flows.house import House
from kommutator.kit.errors import NotFound, Unavailable, UserError
from kommutator.kit.objects import ObjectMissing, StorageAway
from kommutator.store.recording_rows import RecordingRow

router = APIRouter(include_in_schema=False)

# A browser opens the bare link in a page of its own making, which plays under this policy.
_POLICY = "default-src 'none'; media-src 'self'; style-src 'unsafe-inline'"
_ENDINGS = {"audio/mpeg": "mp3", "audio/wav": "wav", "audio/ogg": "ogg", "audio/flac": "flac"}
_SOON_S = "60"


@router.api_route("/recordings/{token}", methods=["GET", "HEAD"])
async def play(request: Request, token: str, download: str | None = None) -> Response:
    """`download=1` saves it under its name instead of playing it."""
    house = house_of(request)
    try:
        row = await house.recordings.heard(token)
        key = row.playable_key
        if key is None:  # it lies where the PBX said, and only there
            return RedirectResponse(row.source_url or "", HTTPStatus.FOUND)
        size = await _size(house, key)
    except UserError as error:
        return _refusal(request, house, error)
    return await _answer(request, house, row, size, save=download == "1")


async def _answer(
    request: Request, house: House, row: RecordingRow, size: int, *, save: bool
) -> Response:
    key = row.playable_key or ""
    etag = f'"{(row.sha256 or b"").hex()[:24]}-{row.state}"'
    headers = {**_headers(row, save=save), "etag": etag}
    asked = request.headers
    if has_it(asked.get("if-none-match"), etag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    try:
        same = still_the_same(asked.get("if-range"), etag)
        part = wanted_part(asked.get("range") if same else None, size)
    except Unsatisfiable:
        status = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
        return Response(status_code=status, headers={"content-range": f"bytes */{size}"})
    start, end = (part.start, part.end) if part else (0, size)
    if part:
        headers["content-range"] = f"bytes {start}-{end - 1}/{size}"
    headers["content-length"] = str(end - start)
    status = HTTPStatus.PARTIAL_CONTENT if part else HTTPStatus.OK
    if request.method == "HEAD" or not size:
        return Response(status_code=status, headers=headers)
    if start == 0:
        await house.recordings.note_played(row)
    try:
        chunks = await _open(house, key, start, end)
    except UserError as error:
        return _refusal(request, house, error)
    return StreamingResponse(chunks, status, headers=headers, media_type=row.media_type)


def _headers(row: RecordingRow, *, save: bool) -> Mapping[str, str]:
    media_type = row.media_type or "application/octet-stream"
    name = f"{row.name}.{_ENDINGS.get(media_type, 'bin')}"
    return {
        "content-type": media_type,
        "content-disposition": f'{"attachment" if save else "inline"}; filename="{name}"',
        "accept-ranges": "bytes",
        # A deleted recording must not play on from a browser's memory.
        "cache-control": "private, no-cache",
        "content-security-policy": _POLICY,
        "x-robots-tag": "noindex",
    }


async def _size(house: House, key: str) -> int:
    try:
        return await house.recordings.objects.size(key)
    except ObjectMissing as error:
        raise NotFound("recording_missing") from error
    except StorageAway as error:
        raise Unavailable("recording_storage_away") from error


async def _open(house: House, key: str, start: int, end: int) -> AsyncIterator[bytes]:
    try:
        return (await house.recordings.objects.read(key, start, end)).chunks
    except ObjectMissing as error:
        raise NotFound("recording_missing") from error
    except StorageAway as error:
        raise Unavailable("recording_storage_away") from error


def _refusal(request: Request, house: House, error: UserError) -> Response:
    """For people a page; for programs the one shape of errors."""
    locale = locale_of(request)
    soon = error.code in ("recording_not_here_yet", "recording_storage_away")
    if "text/html" not in request.headers.get("accept", ""):
        response: Response = error_response(house, locale, error)
    else:
        text = house.texts.error(locale, error)
        page = (
            f'<!doctype html><html lang="{locale}"><meta charset="utf-8">'
            f'<meta name="viewport" content="width=device-width"><title>{escape(text.message)}'
            f"</title><h1>{escape(text.message)}</h1><p>{escape(text.action)}</p></html>"
        )
        response = HTMLResponse(page, error.status)
    if soon:
        response.headers["retry-after"] = _SOON_S
    response.headers["x-robots-tag"] = "noindex"
    return response
