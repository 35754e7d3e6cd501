"""`python -m kommutator`."""

import gc

gc.disable()  # nothing that importing makes is garbage; looking for some costs 0.2 s

from kommutator.cli import app  # noqa: E402  after the line above

gc.freeze()
gc.enable()
app()
