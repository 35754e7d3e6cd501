"""The API, version 1."""

from __future__ import annotations

from fastapi import APIRouter

from kommutator.doors.http.v1 import (
    audit,
    calls,
    connections,
    enterprises,
    extensions,
    keys,
    log,
    sign_in,
    users,
)

router = APIRouter()
for part in (sign_in, calls, connections, log, users, extensions, keys, enterprises, audit):
    router.include_router(part.router)
