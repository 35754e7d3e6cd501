"""The RetailCRM twin: API v5 as its reference, SDKs and a live account describe it."""

from kommutator.twins.retailcrm.twin import RetailCrmTwin

__all__ = ["RetailCrmTwin"]
