"""What a PBX, and the owner's services around it, ask of us.

The paths of requirement 002's `asterisk.py`, and those that the dialplan we write calls.
In the all-in-one process and in `kommutator api --only asterisk`.
"""

from fastapi import FastAPI


def add(app: FastAPI) -> None:
    """Put the family's paths into an application."""
