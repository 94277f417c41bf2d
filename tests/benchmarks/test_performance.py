"""The benchmark of speed: its statistics, tables and networks. No time is asserted."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.performance import __main__ as benchmark
from benchmarks.performance import networks
from benchmarks.performance.page import BEGIN, END, Section, bars, lines, written
from benchmarks.performance.timing import Times, in_turn, ratio, shown
from models.networks.lstm import LSTM

onnxruntime = pytest.importorskip("onnxruntime", reason="needs requirements-bench.txt")


@pytest.fixture(scope="module")
def network() -> LSTM:
    return networks.shipped()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (3.456, "3.46 s"),
        (0.0712, "71.2 ms"),
        (0.4, "400 ms"),
        (4.1e-5, "41.0 µs"),
        (2e-8, "0.02 µs"),
    ],
)
def test_times(seconds: float, text: str) -> None:
    assert shown(seconds) == text


def test_ratios() -> None:
    assert [ratio(each) for each in (1543.2, 23.4, 1.234)] == ["1543 ×", "23.4 ×", "1.23 ×"]


def test_median_and_spread() -> None:
    times = Times([4.0, 1.0, 2.0, 3.0, 5.0], [1.0] * 5)
    assert (times.median, times.cpu_median) == (3.0, 1.0)
    assert times.spread == pytest.approx(1 / 3)


def test_works_take_turns() -> None:
    """Each is called twice before, and once in each round if it takes longer than its time."""
    calls: list[str] = []
    works = {name: lambda name=name: calls.append(name) for name in "ab"}
    times = in_turn(works, rounds=3, seconds=0.0)
    assert "".join(calls) == "aabb" + "ab" * 3
    assert {name: len(each.wall) for name, each in times.items()} == {"a": 3, "b": 3}


def test_page_keeps_what_is_written_by_hand() -> None:
    section = Section("Speed", ("what", "time"), [("a | b", "1 s")], "A note.")
    page = f"# Performance\n\nBefore.\n\n{BEGIN}\nold\n{END}\n\nAfter.\n"
    new = written(page, [section], {"p.png": "A plot"})
    assert new.startswith(f"# Performance\n\nBefore.\n\n{BEGIN}\n\n![A plot](p.png)\n\n## Speed")
    assert "| a \\| b | 1 s |\n\nA note." in new
    assert new.endswith(f"{END}\n\nAfter.\n")
    assert "old" not in new
    assert written(new, [section], {"p.png": "A plot"}) == new
    with pytest.raises(ValueError, match="once each"):
        written("# Performance", [section], {})


def test_page_of_the_project_has_its_marks() -> None:
    assert written(benchmark.PAGE.read_text(), [], {})


def test_plots(tmp_path: Path) -> None:
    bars(tmp_path / "bars.png", "Steps", {"a": 0.1, "b": 1e-4})
    lines(tmp_path / "lines.png", "Batches", "rate", (1, 4), {"a": [1.0, 2.0]})
    for path in tmp_path.iterdir():
        assert path.read_bytes().startswith(b"\x89PNG")


def test_operations(network: LSTM) -> None:
    u, symbols = network.units, len(network.vocabulary)
    assert networks.operations(network, 3) == 2 * 3 * (3 * u * 4 * u + u * symbols)


def test_onnx_computes_the_same(network: LSTM) -> None:
    session = onnxruntime.InferenceSession(networks.onnx_model(network))
    random = np.random.default_rng(0)
    state = random.standard_normal((2, 2, 4, network.units), np.float32)
    x = np.arange(4)
    inputs = {"x": x} | {f"{n}{k}": state[k, i] for k in range(2) for i, n in enumerate("hc")}
    logits, *states = session.run(None, inputs)
    expected, new_state = network.step(x, state)
    np.testing.assert_allclose(logits, expected, atol=1e-4)
    np.testing.assert_allclose(np.reshape(states, new_state.shape), new_state, atol=1e-4)


def test_onnx_computes_the_same_words() -> None:
    words = networks.word_network()
    session = onnxruntime.InferenceSession(networks.onnx_words(networks.dense(words)))
    tokens, ends = np.array([5, 9]), np.array([7, 8])
    state = np.random.default_rng(0).standard_normal(words.initial_state(2).shape, np.float32)
    h, new_state = words.step(tokens, tokens % 10, words.towards(ends), state)
    inputs, begin = (
        {"x": np.concatenate((words.E[tokens] + words.S[tokens % 10], words.E[ends]), 1)},
        0,
    )
    for k, layer in enumerate(words.layers):
        for name in "hc":
            inputs[f"{name}{k}"] = state[:, begin : (begin := begin + len(layer.Wh))]
    outputs = np.concatenate(session.run(None, inputs), axis=1)
    np.testing.assert_allclose(outputs, new_state, atol=1e-4)
    np.testing.assert_allclose(outputs[:, -2 * h.shape[1] : -h.shape[1]], h, atol=1e-4)


def test_quick_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert benchmark.main(["--quick", "--without", "keras", "sockets"]) == 0
    printed = capsys.readouterr().out
    for title in ("The machine", "One character of verse", "Whole texts", "Training"):
        assert title in printed
