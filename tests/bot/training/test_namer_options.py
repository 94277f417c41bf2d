"""Checks of imported namers."""

from dataclasses import replace

import pytest

from bot.chat.message import UserError
from bot.training import namer
from bot.training.namer import check_import
from bot.words import WordFilter
from models.names.generator import count_parameters
from models.networks.lstm import LSTM
from models.networks.mixture import Mixture
from models.weights import Trained, load_shipped


@pytest.fixture(scope="module")
def shipped() -> Trained:
    trained = load_shipped("names")
    return replace(trained, words=trained.words[:10])


def test_network_of_many_parameters_is_refused(
    shipped: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would keep others waiting. The shipped network would not."""
    check_import(shipped, WordFilter().allows)
    count = count_parameters(shipped.network)
    monkeypatch.setattr(namer, "MOST_PARAMETERS", count - 1)
    with pytest.raises(UserError, match=f"has {count:,} parameters"):
        check_import(shipped, WordFilter().allows)


def test_ngrams_are_no_parameters(shipped: Trained) -> None:
    network = shipped.network
    assert isinstance(network, Mixture)
    lstms = [member for member in network.members if isinstance(member, LSTM)]
    assert 0 < len(lstms) < len(network.members)
    assert count_parameters(network) == sum(map(count_parameters, lstms))
