"""The files a PBX administrator installs: templates, and the one function that fills them in."""
