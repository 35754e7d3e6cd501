"""The YClients twin: a chain of salons, its API and its marketplace as the contract describes."""

from kommutator.twins.yclients.twin import YClientsTwin

__all__ = ["YClientsTwin"]
