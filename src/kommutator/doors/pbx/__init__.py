"""The PBX lanes: a standing link, its events into the journal, commands out over it."""
