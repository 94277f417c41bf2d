"""Sketch: all that the parts of a creature are drawn with."""

from dataclasses import dataclass, field

from bot.creatures.profile import Profile, Trait
from bot.pictures.plates.drawing import Drawing, Variation
from bot.pictures.plates.geometry import Tube
from bot.pictures.plates.palette import Palette
from bot.pictures.plates.skeleton import Head, Skeleton


@dataclass(frozen=True)
class Sketch:
    """A creature that is being drawn."""

    profile: Profile
    skeleton: Skeleton
    palette: Palette
    variation: Variation
    drawing: Drawing = field(default_factory=Drawing)

    def has(self, trait: Trait) -> bool:
        """Whether the creature has a trait."""
        return trait in self.profile.traits

    @property
    def body(self) -> Tube:
        """The body from the tip of the tail into the head."""
        return self.skeleton.body

    @property
    def head(self) -> Head:
        """The head in its place."""
        return self.skeleton.head
