"""Searches for names that share batches, and continue anywhere."""

import pickle
from dataclasses import replace

import numpy as np
import pytest

from models.names import generator, sampler
from models.names.constraints import NameConstraints
from models.names.generator import NamesRequest, begin, extend, generate_names
from models.names.sampler import ConstrainedSampler, sample_batches, sampler_of
from models.networks.ngram import NGram
from models.serving.mixture import ParallelMixture
from models.tasks import task_of
from models.text_generator import Accept
from tests.models.tiny import LETTERS, anything, lstm, namer

NETWORK = ParallelMixture(
    (
        lstm(LETTERS, units=8, layers=1, seed=1),
        NGram.fit(["mangosaurus\n", "papayaraptor\n", "triceratops\n"], LETTERS, 3, 0.75),
        lstm(LETTERS, units=8, layers=1, seed=2),
    ),
    np.array([0.2, 0.6, 0.2], np.float32),
)
NAMER = namer(NETWORK)
REQUESTS = [
    NamesRequest(5, 1),
    NamesRequest(40, 2, temperature=0.7),
    NamesRequest(5, 3, starts_with="man"),
    NamesRequest(10, 4, ends_with="raptor"),
    NamesRequest(3, 5, starts_with="p", contains="mang", length=12, temperature=1.3),
    NamesRequest(20, 6),
    NamesRequest(20, 7, length=4),
]


def test_drafts_do_not_depend_on_each_other() -> None:
    """Whatever their constraints, temperatures and counts are."""
    alone = [generate_names(NAMER, request, anything) for request in REQUESTS]
    drafts = [begin(NAMER, request) for request in REQUESTS]
    while not all(draft.finished for draft in drafts):
        drafts = extend(NAMER, drafts, [anything] * len(drafts))
    assert [draft.result for draft in drafts] == alone
    assert len(REQUESTS) <= generator.MOST_DRAFTS


def test_draft_continues_in_another_process() -> None:
    """All that it needs is in its pickle, which is small."""
    network = task_of("names").load_shipped()
    request = NamesRequest(30, 1)
    draft = begin(network, request)
    for _ in range(100):
        content = pickle.dumps(draft)
        assert len(content) < 3_000
        (draft,) = extend(network, [pickle.loads(content)], [anything])  # noqa: S301
        if draft.finished:
            break
    assert draft.batches > 1
    assert draft.result == generate_names(network, request, anything)


def test_each_draft_has_its_filter() -> None:
    accepts: list[Accept] = [anything, lambda name: name < "m"]
    both = [begin(NAMER, NamesRequest(5, 9))] * 2
    for _ in range(100):
        both = extend(NAMER, both, accepts)
    first, second = (draft.result for draft in both)
    assert first == generate_names(NAMER, NamesRequest(5, 9), anything)
    assert second is not None
    assert max(second.names) < "m"


@pytest.mark.parametrize("temperature", [0.01, 10.0])
def test_extreme_temperature(temperature: float) -> None:
    """What is next to impossible is drawn if nothing else is allowed; its logarithms are finite."""
    constraints = NameConstraints("xq", contains="zzvv", ends_with="bbq")
    sampler, rng = ConstrainedSampler.of(NAMER, constraints, temperature), np.random.default_rng(1)
    (names,) = sample_batches(NAMER.network, [sampler], [rng])
    assert all(n.startswith("xq") and "zzvv" in n and n.endswith("bbq") for n in names.texts)
    assert np.isfinite(names.log_p).all()
    assert np.isfinite(names.log_q).all()


def test_prepared_samplers_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those used last, as far as they fit; always the last one."""
    trained = namer(NETWORK)
    us, pus, tus = (NameConstraints(ends_with=end) for end in ("us", "pus", "tus"))
    first, second = sampler_of(trained, us, 0.9), sampler_of(trained, pus, 0.9)
    monkeypatch.setattr(sampler, "MOST_PREPARED", 2 * second.size)
    assert sampler_of(trained, us, 0.9) is first
    third = sampler_of(trained, tus, 0.9)  # second is the oldest, and no longer fits
    assert sampler_of(trained, us, 0.9) is first
    assert sampler_of(trained, tus, 0.9) is third
    assert sampler_of(trained, pus, 0.9) is not second
    monkeypatch.setattr(sampler, "MOST_PREPARED", 1)
    last = sampler_of(trained, us, 0.7)
    assert last is not first
    assert sampler_of(trained, us, 0.7) is last
    assert sampler_of(trained, tus, 0.9) is not third


@pytest.mark.parametrize("times", [1, 8])
def test_search_ends_within_its_budget(times: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """It gives what it has found. The shipped network is so sure of few names that are so long.

    times: how much larger it is than one that draws the whole budget.
    """
    network = replace(task_of("names").load_shipped())
    size = sum(array.size for array in network.network.arrays().values())
    assert size <= generator.PARAMETERS
    budget = generator.BUDGET // times
    monkeypatch.setattr(generator, "PARAMETERS", size // times)
    draft = begin(network, NamesRequest(10, 1, temperature=0.1, length=24))
    while not draft.finished:
        (draft,) = extend(network, [draft], [anything])
    last = sampler.LENGTH_BATCH * (24 + 1)
    assert 0.99 * budget <= draft.characters < budget + last
    assert draft.result is not None
    assert 0 < len(draft.result.names) < 10
    assert draft.result.shortfall is not None


def test_costly_requests_share_smaller_batches() -> None:
    """All requests of a batch together draw few names at a time, since others wait meanwhile."""
    for pieces in ({}, {"starts_with": "m"}, {"ends_with": "r"}, {"contains": "a", "length": 9}):
        drawn = sampler_of(NAMER, NameConstraints(**pieces), 1.0).batch
        most = generator.batch_size(NamesRequest(**pieces))
        assert most * drawn == min(generator.MOST_ROWS, generator.MOST_DRAFTS * drawn)
