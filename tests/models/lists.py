"""Lists of other names than dinosaurs, and networks that know them by heart."""

from collections.abc import Iterable
from dataclasses import replace

from data.lists import normalise_entry
from models.names.capitalization import capitals_of
from models.networks.vocabulary import END
from models.training.numpy_lstm import vocabulary_of
from models.weights import Trained
from tests.models.names.test_generator import Parrot
from tests.models.tiny import namer

VILLAGES = tuple(
    f"{saint}-{patron}-{place}"
    for saint, patron in (("Saint", "Rémy"), ("Sainte", "Foy"), ("Saint", "Étienne"))
    for place in ("sur-Loire", "la-Forêt", "d'Aujols", "sur-l'Isle", "du-Mont", "sur-Lie", "Ogée")
)
PAINTERS = tuple(
    f"{first} {last}"
    for first in ("Anna", "Willem", "Grietje", "Jan", "Saskia")
    for last in ("van Dam", "de Wit", "van der Meer", "Bakker")
)
KANA = tuple(a + b + c for a in "アイウエオ" for b in "カキクケコ" for c in ("", "ン"))
HEROES = tuple(
    f"{begin}{end}"
    for begin in ("Αιν", "Νικ", "Θησ", "Περσ", "Λαν")
    for end in ("έας", "ίων", "εύς", "ος")
)


def listed(names: Iterable[str], written: Iterable[str] = ()) -> Trained:
    """A custom model whose network generates given names."""
    entries = [normalise_entry(name) for name in names]
    new = [normalise_entry(name) for name in written]
    trained = namer(Parrot(new or entries, vocabulary_of([*entries, *new, END])), known=entries)
    capitals, small = capitals_of(names)
    card = replace(trained.card, recipe="list", capitals=capitals, small_words=small)
    return replace(trained, card=card, words=tuple(sorted(entries)))
