"""Optimizer: the published update, and its state."""

import numpy as np
import pytest

from models.networks.optimizer import AdamW, Arrays, clip_norm, update_average


def test_updates_update_average_formula() -> None:
    rng = np.random.default_rng(0)
    start, gradients = rng.normal(size=(2, 3)), rng.normal(size=(4, 2, 3))
    parameters: Arrays = {"W": start.copy()}
    optimiser = AdamW(parameters, 0.01, weight_decay=0.1, betas=(0.8, 0.9))
    expected, m, v = start.copy(), np.zeros((2, 3)), np.zeros((2, 3))
    for t, gradient in enumerate(gradients, start=1):
        optimiser.update({"W": gradient})
        m = 0.8 * m + 0.2 * gradient
        v = 0.9 * v + 0.1 * gradient**2
        m_hat, v_hat = m / (1 - 0.8**t), v / (1 - 0.9**t)
        expected = expected - 0.01 * (m_hat / (np.sqrt(v_hat) + 1e-8) + 0.1 * expected)
    np.testing.assert_allclose(parameters["W"], expected)


def test_only_matrices_decay() -> None:
    parameters: Arrays = {"W": np.ones((1, 1)), "b": np.ones(1)}
    AdamW(parameters, 0.1, weight_decay=0.5).update({"W": np.zeros((1, 1)), "b": np.zeros(1)})
    assert parameters["W"][0, 0] == pytest.approx(0.95)
    assert parameters["b"][0] == 1


def test_restored_optimizer_is_identical() -> None:
    rng = np.random.default_rng(0)
    gradients: list[Arrays] = [{"W": rng.normal(size=(2, 2))} for _ in range(6)]
    parameters: Arrays = {"W": rng.normal(size=(2, 2))}
    optimiser = AdamW(parameters, 0.01)
    for gradient in gradients[:3]:
        optimiser.update(gradient)
    copies: Arrays = {"W": parameters["W"].copy()}
    restored, state = AdamW(copies, 0.01), optimiser.state()
    restored.restore(state)
    for gradient in gradients[3:]:
        optimiser.update(gradient)
        restored.update(gradient)
    np.testing.assert_array_equal(copies["W"], parameters["W"])
    assert state["updates"] == 3
    assert not np.array_equal(state["m/W"], restored.state()["m/W"])


def test_clip_norm() -> None:
    gradients: Arrays = {"W": np.array([[3.0]]), "b": np.array([4.0])}
    clip_norm(gradients, 6)
    assert gradients["W"][0, 0] == 3
    clip_norm(gradients, 1)
    assert gradients["W"][0, 0] == pytest.approx(0.6)
    assert gradients["b"][0] == pytest.approx(0.8)


def test_average_converges_and_smooths() -> None:
    average: Arrays = {"steady": np.zeros(1), "oscillating": np.zeros(1)}
    for updates in range(1, 2000):
        now: Arrays = {"steady": np.ones(1), "oscillating": np.array([(-1.0) ** updates])}
        update_average(average, now, updates)
        assert updates > 1 or average["steady"] == 0.9
    np.testing.assert_allclose(average["steady"], 1, atol=1e-6)
    assert abs(average["oscillating"][0]) < 0.02
