"""The gauge behind the alert about PBXs that are away."""

from kommutator.kit.metrics import Metrics


def test_the_gauge_says_at_each_scrape_how_many_links_are_up() -> None:
    metrics, up = Metrics(), [2]
    metrics.watch_links(lambda: up[0])
    assert b"\nkommutator_pbx_links_up 2.0\n" in metrics.render()
    up[0] = 1
    assert b"\nkommutator_pbx_links_up 1.0\n" in metrics.render()
