"""What a queue of the PBX and a member of it may be called: both become fields of AMI."""

import re
from typing import Final

EXTENSION_SLOT: Final = "{extension}"
QUEUE_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,78}")

_MEMBER = re.compile(r"[A-Za-z0-9]{1,20}/[A-Za-z0-9@._/-]{0,60}\{extension\}[A-Za-z0-9@._/-]{0,60}")


def is_member(template: str) -> bool:
    """Such as `PJSIP/{extension}`, or FreePBX's `Local/{extension}@from-queue/n`."""
    return _MEMBER.fullmatch(template) is not None and template.count(EXTENSION_SLOT) == 1
