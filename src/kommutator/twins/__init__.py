"""Fake vendors with real quirks, for tests, the demo and development.

Built from the vendors' contracts only, never from our own clients.
"""

from kommutator.twins.config import TwinsConfig
from kommutator.twins.registry import TWINS, start_twins
from kommutator.twins.server import RunningTwins, Twin, describe

__all__ = ["TWINS", "RunningTwins", "Twin", "TwinsConfig", "describe", "start_twins"]
