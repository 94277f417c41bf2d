"""Train a Keras network on a list of names of your own, and let it invent some: a minute or two.

    python examples/train_keras.py data/dinos.txt

The file has a name on each line: a hundred do, several hundred are better. Compare with
`train_lstm.py`, which does the same by hand: Keras derives the backward pass from the forward pass,
and brings the optimizer and the dropout. `models/training/keras_verse.py` trains the bot's networks
for verse in this way.
"""

import argparse
import os
import sys
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # warnings about the machine's processor

import keras
import numpy as np

END = "\n"
UNITS, LONGEST = 64, 30
UPDATES = 30
"""Updates of an epoch, at least: short lists are read in smaller batches."""
TEMPERATURE = 0.8


def main(path: Path, epochs: int, seed: int) -> None:
    """Train on the names of a file, stop when the loss on unread ones gets worse, and sample."""
    names = sorted({line.strip().lower() for line in path.read_text("utf-8").splitlines()} - {""})
    if len(names) < 20:
        sys.exit(f"{path} has {len(names)} names; it takes at least 20, each on a line of its own.")
    symbols = END + "".join(sorted(set("".join(names)) - {END}))
    index = {symbol: i for i, symbol in enumerate(symbols)}  # of END: 0, which also pads
    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)

    # Input and target of "rex": ⏎rex and rex⏎. Both are padded with ⏎, which the weights leave out.
    encoded = [[index[letter] for letter in name[: LONGEST - 1]] for name in rng.permutation(names)]
    steps = max(map(len, encoded)) + 1
    x, y = np.zeros((2, len(encoded), steps), np.int32)  # (names, T) each
    weights = np.zeros((len(encoded), steps), np.float32)
    for i, letters in enumerate(encoded):
        x[i, 1 : len(letters) + 1] = y[i, : len(letters)] = letters
        weights[i, : len(letters) + 1] = 1
    unread = max(2, len(names) // 10)
    batch = min(32, max(4, len(names) // UPDATES))

    model = keras.Sequential(
        [
            keras.layers.Input((None,), dtype="int32"),
            # A learned vector for each letter, in place of one-hot: (B, T) → (B, T, 32)
            keras.layers.Embedding(len(symbols), 32),
            # With return_sequences it predicts after every letter, not only the last one.
            keras.layers.LSTM(UNITS, return_sequences=True, dropout=0.2),  # → (B, T, units)
            keras.layers.Dropout(0.3),
            keras.layers.Dense(len(symbols)),  # logits of the next letter: (B, T, V)
        ]
    )
    # The mean over letters, without padding: nats per letter, as in train_lstm.py.
    loss = keras.losses.SparseCategoricalCrossentropy(
        from_logits=True, reduction="mean_with_sample_weight"
    )
    model.compile(keras.optimizers.Adam(3e-3), loss)
    model.fit(
        x[unread:],
        y[unread:],
        batch,
        epochs,
        sample_weight=weights[unread:],
        validation_data=(x[:unread], y[:unread], weights[:unread]),
        callbacks=[keras.callbacks.EarlyStopping(patience=8, restore_best_weights=True)],
        verbose=2,
    )

    # The network reads each beginning anew: slow and short. `LSTM.step` keeps its state instead.
    drawn = np.zeros((10, steps + 1), np.int32)  # ten names, which begin with ⏎
    for t in range(steps):
        logits = np.asarray(model(drawn[:, : t + 1]))[:, -1] / TEMPERATURE  # (10, V)
        if t == 0:
            logits[:, 0] = -np.inf  # no empty names
        noise = rng.gumbel(size=logits.shape)  # the largest sum is a draw from the softmax
        is_written = (drawn[:, t] > 0) | (t == 0)
        drawn[:, t + 1] = np.where(is_written, (logits + noise).argmax(axis=1), 0)
    for row in drawn[:, 1:]:
        print("".join(symbols[i] for i in row if i).capitalize())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", type=Path, help="a text file with a name on each line")
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    main(options.names, options.epochs, options.seed)
