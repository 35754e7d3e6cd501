"""What works on recordings aside: fetched from PBXs, converted, retired."""

from __future__ import annotations

from kommutator.connectors.pbx.asterisk.stored import StoredRecordings
from kommutator.flows.directory import Directory
from kommutator.flows.fetch_recording import FetchRecording
from kommutator.flows.take_recording import TakeRecording
from kommutator.kit.clock import Clock
from kommutator.kit.objects import Objects
from kommutator.kit.spool import Spool
from kommutator.settings import Settings
from kommutator.store.database import Database
from kommutator.workers.recordings import RecordingWorker


def compose_recordings(
    settings: Settings,
    db: Database,
    directory: Directory,
    take: TakeRecording,
    objects: Objects,
    spool: Spool,
    *,
    clock: Clock,
) -> RecordingWorker:
    """Nothing is started and nothing is asked."""
    fetch = FetchRecording(
        db,
        directory,
        StoredRecordings(),
        take,
        spool,
        clock=clock,
        trusted_hosts=settings.private_hosts,
    )
    keep = settings.recordings_keep_original
    return RecordingWorker(db, objects, spool, fetch, clock=clock, keep_original=keep)
