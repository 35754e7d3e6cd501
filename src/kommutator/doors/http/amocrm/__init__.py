"""What amoCRM calls, and the paths of requirements 003 and 004.

In the all-in-one process and in `kommutator api --only amocrm`.
"""

from kommutator.doors.http.amocrm import fields
from kommutator.doors.http.amocrm.hooks import HotHooks
from kommutator.doors.http.app import Door


def add(app: Door) -> None:
    """Put the family's paths into an application."""
    app.include_router(fields.router)
    app.hot.add(HotHooks(app.state.house))
