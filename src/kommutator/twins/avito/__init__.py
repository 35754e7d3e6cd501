"""A fake Avito: accounts, tokens and the messenger's API."""

from kommutator.twins.avito.twin import AvitoTwin

__all__ = ["AvitoTwin"]
