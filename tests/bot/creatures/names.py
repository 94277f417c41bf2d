"""Names for tests of creatures."""

from pathlib import Path

from hypothesis import strategies as st

from data.roots import load_roots

NAMES = (Path(__file__).parent / "names.txt").read_text(encoding="utf-8").split()
"""A thousand names of the shipped network, unpicked, from seed 0 on."""

_SYLLABLES = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=5)
_PIECES = st.sampled_from(sorted(load_roots())) | _SYLLABLES
names = st.sampled_from(NAMES) | st.lists(_PIECES, min_size=1, max_size=4).map("".join)
"""Names of the network, and those put together of roots and of any letters."""
