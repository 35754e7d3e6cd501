"""The image carries all that the WhatsApp bridge needs, and nothing of the fake one."""

import re
from pathlib import Path

from kommutator.connectors.channels.whatsapp.manifest import ENTRY, LIBRARY
from kommutator.connectors.channels.whatsapp.program import CHECKOUT

ROOT = Path(__file__).parents[2]
BUILT = "COPY --from=build /opt/kommutator/sidecars /opt/kommutator/sidecars"


def test_the_bridge_stands_where_the_code_looks_for_it() -> None:
    assert ROOT / "sidecars" == CHECKOUT
    for needed in (ENTRY, LIBRARY):
        assert (CHECKOUT / needed).is_file(), f"{needed}: run make setup"


def test_the_image_has_the_bridge_and_its_parts() -> None:
    steps = (ROOT / "deploy" / "Dockerfile").read_text()
    _, build, image = steps.split("\nFROM ")
    assert "RUN make sidecars/node_modules/.ready" in build
    assert BUILT in image
    assert "COPY sidecars/whatsapp /opt/kommutator/sidecars/whatsapp" in image


def test_what_the_image_copies_is_let_through() -> None:
    ignored = (ROOT / "deploy" / "Dockerfile.dockerignore").read_text().split()
    steps = (ROOT / "deploy" / "Dockerfile").read_text()
    copied = {
        source.split("/")[0]
        for sources in re.findall(r"^COPY (?!--from)(.+) \S+$", steps, re.MULTILINE)
        for source in sources.split()
    }
    assert "sidecars" in copied
    assert {f"!{name}" for name in copied} - set(ignored) == set()
    assert {"sidecars/node_modules", "sidecars/whatsapp_twin"} <= set(ignored)


def test_the_library_is_pinned_to_the_version_it_was_read_in() -> None:
    # npm's "latest" is a stale line of another major version (contract of messengers).
    package = (CHECKOUT / "package.json").read_text()
    assert re.search(r'"baileys": "7\.0\.0-rc14"', package)
