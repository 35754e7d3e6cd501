"""The HTTP door over a house with two tenants."""

from tests.support.tenants import admin, here, house, root, stranger, there

__all__ = ["admin", "here", "house", "root", "stranger", "there"]
