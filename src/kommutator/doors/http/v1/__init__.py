"""The API, version 1."""

from __future__ import annotations

from fastapi import APIRouter

from kommutator.doors.http.v1 import (
    audit,
    calls,
    clicks,
    connections,
    enterprises,
    extensions,
    keys,
    log,
    pbx_files,
    sign_in,
    statistics,
    users,
)

router = APIRouter()
_PARTS = (
    sign_in,
    calls,
    clicks,
    statistics,
    connections,
    log,
    users,
    extensions,
    keys,
    enterprises,
    audit,
)
for part in _PARTS:
    router.include_router(part.router)
