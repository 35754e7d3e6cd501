"""The amoCRM twin: OAuth and API v4 as the vendor's papers, its SDK and captures describe them."""

from kommutator.twins.amocrm.twin import AmoCrmTwin

__all__ = ["AmoCrmTwin"]
