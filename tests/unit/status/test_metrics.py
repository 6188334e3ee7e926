"""The text that Prometheus reads, and the bound on how many series a metric keeps."""

import threading

from gateway.metrics import MOST_SERIES, Metrics


def test_counters_gauges_and_histograms_as_text():
    metrics = Metrics()
    asked = metrics.counter("asked_total", "Questions.", ("who", "how"))
    sent = metrics.counter("sent_total", "Sent.")
    metrics.gauge("depth", "Depth.", lambda: 2.5)
    metrics.gauge("used_total", "Used.", lambda: 3.0, "counter")
    seconds = metrics.histogram("took_seconds", "Took.", (0.1, 1))
    asked.add(1, "b", "x")
    asked.add(2, "a", 'say "hi"\\\n')
    asked.add(1, "b", "x")
    for value in (0.1, 0.5, 7.0):
        seconds.observe(value)
    sent.add(10)
    assert metrics.text().splitlines() == [
        "# HELP asked_total Questions.",
        "# TYPE asked_total counter",
        r'asked_total{who="a",how="say \"hi\"\\\n"} 2',
        'asked_total{who="b",how="x"} 2',
        "# HELP sent_total Sent.",
        "# TYPE sent_total counter",
        "sent_total 10",
        "# HELP depth Depth.",
        "# TYPE depth gauge",
        "depth 2.5",
        "# HELP used_total Used.",
        "# TYPE used_total counter",
        "used_total 3",
        "# HELP took_seconds Took.",
        "# TYPE took_seconds histogram",
        'took_seconds_bucket{le="0.1"} 1',
        'took_seconds_bucket{le="1"} 2',
        'took_seconds_bucket{le="+Inf"} 3',
        "took_seconds_sum 7.6",
        "took_seconds_count 3",
    ]


def test_what_was_never_counted_is_told_as_nothing():
    metrics = Metrics()
    metrics.counter("a_total", "A.")
    metrics.counter("b_total", "B.", ("code",))
    metrics.histogram("c", "C.", (1,))
    lines = [line for line in metrics.text().splitlines() if not line.startswith("#")]
    assert lines == ["a_total 0", 'c_bucket{le="1"} 0', 'c_bucket{le="+Inf"} 0', "c_sum 0", "c_count 0"]


def test_a_metric_keeps_only_so_many_series():
    metrics = Metrics()
    counter = metrics.counter("many_total", "Many.", ("code",))
    for number in range(MOST_SERIES + 50):
        counter.add(1, f"c{number}")
    lines = [line for line in metrics.text().splitlines() if not line.startswith("#")]
    assert len(lines) == MOST_SERIES + 1
    assert 'many_total{code="other"} 50' in lines
    counter.add(1, "c7")
    assert 'many_total{code="c7"} 2' in metrics.text()


def test_threads_lose_no_count():
    metrics = Metrics()
    counter = metrics.counter("n_total", "N.")
    seconds = metrics.histogram("s", "S.", (1,))

    def count() -> None:
        for _ in range(2_000):
            counter.add(1)
            seconds.observe(0.5)

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert "n_total 16000\n" in metrics.text()
    assert "s_sum 8000\ns_count 16000\n" in metrics.text()
