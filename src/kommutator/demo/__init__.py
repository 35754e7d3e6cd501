"""The demonstration: fake vendors around a real service, and a street full of clients."""
