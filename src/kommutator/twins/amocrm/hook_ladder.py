"""When a webhook is tried again, and when it is switched off (contract §1.6).

Attempts 2 and 3 follow any bad answer, 4 and 5 only what looks like the server's own trouble.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

# Seconds before attempts 2, 3, 4 and 5.
DELAYS = (300.0, 900.0, 900.0, 3600.0)
ATTEMPTS_AFTER_ANY_FAILURE = 3
DISABLE_WINDOW_SECONDS = 7200.0
BAD_ANSWERS_BORNE = 100
# How nginx names a client that went away; the vendor counts its own 2 s limit as this.
TIMED_OUT = 499
NO_ANSWER = 0
GOOD = range(100, 300)
SERVER_TROUBLE = range(500, 600)


def is_good(code: int) -> bool:
    """Success is 100-299 by the vendor's words."""
    return code in GOOD


def is_server_trouble(code: int) -> bool:
    """Whether the last two attempts are still due after this code."""
    return code == TIMED_OUT or code in SERVER_TROUBLE


def next_delay(attempt: int, code: int, *, always: bool = False) -> float | None:
    """Seconds until the attempt after number `attempt` (1 = the first), or None: given up.

    `always` drops the condition of attempts 4 and 5 (the papers can be read both ways).
    """
    if is_good(code) or attempt > len(DELAYS):
        return None
    if attempt >= ATTEMPTS_AFTER_ANY_FAILURE and not (always or is_server_trouble(code)):
        return None
    return DELAYS[attempt - 1]


@dataclass
class BadAnswers:
    """The bad answers of one destination within the last two hours."""

    times: deque[float] = field(default_factory=deque)

    def note(self, code: int, at: float) -> bool:
        """Count an answer given at second `at`; True when the webhook is to be switched off."""
        while self.times and self.times[0] <= at - DISABLE_WINDOW_SECONDS:
            self.times.popleft()
        if is_good(code):
            return False
        self.times.append(at)
        return len(self.times) > BAD_ANSWERS_BORNE
