"""Every metric of the house by name. One registry per process, passed around, never global."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_CACHE_GAUGES = {"size", "expiring", "hit_ratio"}

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Counters and clocks. Labels hold kinds and outcomes, never ids, phones or names."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=True)
        self.http_requests = Counter(
            "kommutator_http_requests_total",
            "Requests answered, by route template and status class.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self.http_seconds = Histogram(
            "kommutator_http_seconds",
            "Time from the request's head to the answer's head, seconds.",
            ("route",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.arrivals = Counter(
            "kommutator_arrivals_total",
            "Messages from outside by door and what became of them.",
            ("source", "outcome"),
            registry=self.registry,
        )
        self.sign_ins = Counter(
            "kommutator_sign_ins_total",
            "Attempts to sign in by outcome.",
            ("outcome",),
            registry=self.registry,
        )
        self.clicks_refused = Counter(
            "kommutator_clicks_refused_total",
            "Clicks on a number that rang nobody's phone, by slug of the refusal.",
            ("reason",),
            registry=self.registry,
        )
        self.bookings = Counter(
            "kommutator_bookings_total",
            "Wishes to book a visit by what became of them.",
            ("outcome",),
            registry=self.registry,
        )
        self.messages_heard = Counter(
            "kommutator_messages_heard_total",
            "Messages of clients by messenger.",
            ("channel",),
            registry=self.registry,
        )
        self.throttled = Counter(
            "kommutator_throttled_total",
            "Callers of our doors turned away because they came too fast, by route template.",
            ("route",),
            registry=self.registry,
        )
        self.turns = Counter(
            "kommutator_turns_total",
            "Turns of the assistant by brain and what came of them.",
            ("brain", "outcome"),
            registry=self.registry,
        )
        self.turn_seconds = Histogram(
            "kommutator_turn_seconds",
            "From a turn's being due, after the deliberate waiting, to the answer owed, seconds.",
            ("brain",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.model_turns = Counter(
            "kommutator_model_turns_total",
            "Turns for which a language model was wanted: answered by it, or why by the rules.",
            ("outcome",),
            registry=self.registry,
        )
        self.model_tokens = Counter(
            "kommutator_model_tokens_total",
            "Tokens that language models were told (in) and said (out).",
            ("direction",),
            registry=self.registry,
        )
        self.model_remarks_left_out = Counter(
            "kommutator_model_remarks_left_out_total",
            "Sentences of language models that could not be proved, and were not sent.",
            registry=self.registry,
        )
        self.hand_overs = Counter(
            "kommutator_hand_overs_total",
            "Talks handed over to a person, by reason.",
            ("reason",),
            registry=self.registry,
        )
        self.route_seconds = Histogram(
            "kommutator_route_seconds",
            "Time to say whose phone shall ring, seconds.",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.route_answers = Counter(
            "kommutator_route_answers_total",
            "Answers to PBXs by reason.",
            ("why",),
            registry=self.registry,
        )
        self.route_remembered = Counter(
            "kommutator_route_remembered_total",
            "Answers to PBXs by what this process remembered: the database was away or slow.",
            registry=self.registry,
        )
        self.route_answers_lost = Counter(
            "kommutator_route_answers_lost_total",
            "Answers that were given and could not be kept.",
            registry=self.registry,
        )
        self.errors = Counter(
            "kommutator_internal_errors_total",
            "Errors that are our fault, by place.",
            ("place",),
            registry=self.registry,
        )
        self.vendor_requests = Counter(
            "kommutator_vendor_requests_total",
            "Requests to vendors: by kind, and the status that came or why none came.",
            ("kind", "outcome"),
            registry=self.registry,
        )
        self.vendor_seconds = Histogram(
            "kommutator_vendor_seconds",
            "Time until a vendor's answer was read, seconds.",
            ("kind",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.amocrm_hooks = Counter(
            "kommutator_amocrm_hooks_total",
            "Requests of amoCRM's hooks by what became of them at the door.",
            ("outcome",),
            registry=self.registry,
        )
        self.yclients_hooks = Counter(
            "kommutator_yclients_hooks_total",
            "Requests of YClients' hooks by what became of them at the door.",
            ("outcome",),
            registry=self.registry,
        )
        self.up = Gauge(
            "kommutator_dependency_up",
            "1 if the dependency answered the last check.",
            ("dependency",),
            registry=self.registry,
        )

    def vendor_answered(self, kind: str, outcome: str, seconds: float) -> None:
        """A request to a vendor ended; for `kit.http.HttpClient`."""
        self.vendor_requests.labels(kind, outcome).inc()
        self.vendor_seconds.labels(kind).observe(seconds)

    def watch_cache(self, name: str, stats: Callable[[], Mapping[str, float]]) -> None:
        """Show a cache's own counters as `kommutator_cache_*{cache=name}` at each scrape."""
        self.registry.register(_CacheCollector(name, stats))

    def watch_links(self, up_count: Callable[[], int]) -> None:
        """Show how many PBXs are reachable as `kommutator_pbx_links_up` at each scrape."""
        gauge = Gauge(
            "kommutator_pbx_links_up",
            "PBXs whose link this process holds and that answer.",
            registry=self.registry,
        )
        gauge.set_function(up_count)

    def render(self) -> bytes:
        """The text that Prometheus reads."""
        return generate_latest(self.registry)


class _CacheCollector(Collector):
    def __init__(self, name: str, stats: Callable[[], Mapping[str, float]]) -> None:
        self._name = name
        self._stats = stats

    def collect(self) -> Iterable[Metric]:
        for field, value in self._stats().items():
            gauge = field in _CACHE_GAUGES
            family = GaugeMetricFamily if gauge else CounterMetricFamily
            metric = family(
                f"kommutator_cache_{field}", f"Cache {field.replace('_', ' ')}.", labels=["cache"]
            )
            metric.add_metric([self._name], value)
            yield metric

    def describe(self) -> Iterable[Metric]:
        return []
