"""The connector's own papers: README and quality, on the same scale as every connector's."""

from pathlib import Path

import yaml

from kommutator.connectors.crm import retailcrm
from kommutator.connectors.pbx import asterisk

FOLDER = Path(asterisk.__file__).parent
OTHER = Path(retailcrm.__file__).parent
TIERS = ("bronze", "silver", "gold")


def test_quality_is_on_the_scale_of_all_connectors() -> None:
    quality, scale = (yaml.safe_load((at / "quality.yaml").read_text()) for at in (FOLDER, OTHER))
    assert quality["connector"] == FOLDER.name
    for tier in TIERS:
        assert list(quality[tier]) == list(scale[tier]), tier
        for item, state in quality[tier].items():
            word, _, reason = state.partition(":")
            assert word in {"done", "exempt", "todo"}, item
            assert word == "done" or reason.strip(), item
    assert [item for item, state in quality["bronze"].items() if state.startswith("todo")] == []


def test_readme_tells_setup_removal_and_limits() -> None:
    text = (FOLDER / "README.md").read_text()
    for heading in ("## Setup", "## Removal", "## Known limits", "## Troubleshooting"):
        assert heading in text, heading


def test_every_connector_has_both_papers() -> None:
    rooms = [
        path.parent
        for family in ("crm", "pbx")
        for path in (FOLDER.parents[1] / family).glob("*/__init__.py")
    ]
    assert {room.name for room in rooms} >= {"asterisk", "retailcrm"}
    assert [
        (room.name, paper)
        for room in rooms
        for paper in ("README.md", "quality.yaml")
        if not (room / paper).is_file()
    ] == []
