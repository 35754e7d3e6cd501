"""The alert rules and the dashboard speak only of metrics that a running service exports."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.metrics_core import Metric

from kommutator.app import Application
from kommutator.settings import Settings
from tests.support.house import settings_for_tests, vault_of

DEPLOY = Path(__file__).parents[2] / "deploy"
ROOT = DEPLOY.parent
_NAME = re.compile(r"\b(?:kommutator_[a-z0-9_]+|up(?=\{))")
_SELECTOR = re.compile(r"(kommutator_[a-z0-9_]+)\{([^}]*)\}")
_LABEL = re.compile(r"([a-z_]+)\s*(?:=~|!~|!=|=)\s*\"")
_SUFFIXES = {
    "counter": ("_total",),
    "gauge": ("",),
    "histogram": ("_bucket", "_count", "_sum"),
}


@pytest.fixture
async def exported(database_url: str) -> AsyncIterator[frozenset[str]]:
    """Names that a whole process exports, whether or not anything was counted yet."""
    settings: Settings = settings_for_tests()
    async with Application(settings, database_url, vault_of(settings)) as running:
        families: list[Metric] = list(running.house.metrics.registry.collect())
        yield frozenset(
            f"{family.name}{suffix}" for family in families for suffix in _SUFFIXES[family.type]
        )


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((DEPLOY / "prometheus-rules.yaml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


DASHBOARDS = sorted((DEPLOY / "grafana").glob("*.json"))


def panels(dashboard: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(dashboard.read_text())["panels"]
    return found


def expressions() -> Iterator[str]:
    for rule in rules():
        yield rule["expr"]
    for dashboard in DASHBOARDS:
        for panel in panels(dashboard):
            for target in panel["targets"]:
                yield target["expr"]


def test_there_is_a_dashboard_for_all_one_for_amocrm_and_one_for_messengers() -> None:
    titles = [json.loads(dashboard.read_text())["title"] for dashboard in DASHBOARDS]
    assert titles == ["AmoCRM Integration", "Kommutator", "Мессенджеры и ассистент"]


def test_every_metric_named_is_exported(exported: frozenset[str]) -> None:
    named = {name for text in expressions() for name in _NAME.findall(text)}
    assert "kommutator_lanes_parked_total" in named
    assert named - exported == {"up"}


def test_a_misspelt_metric_would_be_noticed(exported: frozenset[str]) -> None:
    assert _NAME.findall('rate(kommutator_atempts_total{kind="x"}[5m])') == [
        "kommutator_atempts_total"
    ]
    assert "kommutator_atempts_total" not in exported


async def test_selectors_use_labels_that_the_metrics_have(database_url: str) -> None:
    settings = settings_for_tests()
    async with Application(settings, database_url, vault_of(settings)) as running:
        made = running.house.metrics
        labels = {
            f"{collector._name}{suffix}": {*collector._labelnames}
            for collector in made.registry._collector_to_names
            if hasattr(collector, "_labelnames")
            for suffix in _SUFFIXES[collector._type]
        }
    checked = 0
    for text in expressions():
        for name, selector in _SELECTOR.findall(text):
            known = labels.get(name, {"cache"})  # caches show their own counters
            assert set(_LABEL.findall(selector)) <= known, text
            checked += 1
    assert checked > 10


def test_being_blind_is_noticed_also_where_memory_still_helps() -> None:
    """A labelled counter that was never counted is no vector: added to it, nothing would fire."""
    (blind,) = (rule["expr"] for rule in rules() if rule["alert"] == "KommutatorRouteBlind")
    signs = [part for part in blind.split(" or ") if _NAME.findall(part)]
    assert [_NAME.findall(sign) for sign in signs] == [
        ["kommutator_route_answers_total"],
        ["kommutator_route_remembered_total"],
    ]


def test_every_alert_says_what_to_do() -> None:
    names = [rule["alert"] for rule in rules()]
    assert len(names) == len(set(names))
    for rule in rules():
        assert rule["labels"]["severity"] in {"page", "ticket"}, rule["alert"]
        assert set(rule["annotations"]) == {"summary", "action"}, rule["alert"]


def test_runbooks_named_by_alerts_exist() -> None:
    named = {
        path
        for rule in rules()
        for path in re.findall(r"docs/[\w/-]+\.md", rule["annotations"]["action"])
    }
    assert "docs/runbooks/parked-lane.md" in named
    assert [path for path in sorted(named) if not (ROOT / path).is_file()] == []


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda path: path.stem)
def test_panels_have_their_own_ids_and_places(dashboard: Path) -> None:
    ids = [panel["id"] for panel in panels(dashboard)]
    assert len(ids) == len(set(ids))
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels(dashboard)]
    assert len(places) == len(set(places))
