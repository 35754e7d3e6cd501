"""The API, version 1."""

from __future__ import annotations

from fastapi import APIRouter

from kommutator.doors.http.v1 import (
    audit,
    calls,
    campaigns,
    clicks,
    connections,
    doctor,
    enterprises,
    extensions,
    keys,
    log,
    pbx_files,
    phone_book,
    recordings,
    reprocess,
    sign_in,
    statistics,
    takes,
    users,
)

router = APIRouter()
_PARTS = (
    sign_in,
    calls,
    clicks,
    takes,
    recordings,
    reprocess,
    statistics,
    phone_book,
    campaigns,
    connections,
    pbx_files,
    doctor,
    log,
    users,
    extensions,
    keys,
    enterprises,
    audit,
)
for part in _PARTS:
    router.include_router(part.router)
