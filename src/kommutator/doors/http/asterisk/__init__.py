"""What a PBX, and the owner's services around it, ask of us.

The paths of requirement 002's `asterisk.py`, and those that the dialplan we write calls.
In the all-in-one process and in `kommutator api --only asterisk`.
"""

from kommutator.doors.http.app import Door
from kommutator.doors.http.asterisk import make_call, recordings
from kommutator.doors.http.asterisk.route import HotRoute


def add(app: Door) -> None:
    """Put the family's paths into an application."""
    app.include_router(make_call.router)
    app.include_router(recordings.router)
    app.hot.add(HotRoute(app.state.house))
