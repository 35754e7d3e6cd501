"""Kommutator: a self-hosted switchboard between CRMs, telephony and messengers."""

__version__ = "0.1.0"
