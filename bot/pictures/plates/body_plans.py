"""Body plans of the families: proportions and posture, for animals that look right.

Lengths are parts of the whole length along the spine, from snout to tip of the tail. They are
rounded from measured skeletons, with heads about a tenth larger so that they read when small:

- small theropod: *Deinonychus antirrhopus* (Ostrom 1969) and *Velociraptor*;
- large theropod: *Tyrannosaurus rex* FMNH PR2081 (Brochu 2003), *Allosaurus* (Madsen 1976);
- spinosaur: *Baryonyx walkeri* (Charig and Milner 1997), *Suchomimus*;
- ornithomimid: *Gallimimus bullatus* (Osmólska and others 1972);
- therizinosaur: *Nothronychus graffami* (Zanno and others 2009);
- sauropod: between *Diplodocus carnegii* (Hatcher 1901) and *Camarasaurus* (Gilmore 1925);
- early sauropodomorph: *Plateosaurus* (Mallison 2010);
- stegosaur: *Stegosaurus stenops* NHMUK PV R36730 (Maidment and others 2015);
- ankylosaur: *Euoplocephalus* (Carpenter 1982), *Scolosaurus*;
- ceratopsian: *Triceratops* (Hatcher, Marsh and Lull 1907; Fujiwara 2009);
- hadrosaur: *Edmontosaurus* (Lull and Wright 1942);
- pachycephalosaur: *Stegoceras* (Gilmore 1924), *Homalocephale* (Maryańska and Osmólska 1974).
"""

from dataclasses import dataclass
from enum import Enum, auto

from bot.creatures.profile import Family


class Foot(Enum):
    """Kinds of feet."""

    BIRD = auto()
    """Three long toes with claws, heel high above the ground."""
    HOOFED = auto()
    """A foot with short broad toes."""
    PILLAR = auto()
    """A column with nails."""


@dataclass(frozen=True)
class BodyPlan:
    """Proportions and posture of a family. Angles are in degrees; 0 is level."""

    skull: float
    neck: float
    trunk: float
    tail: float
    hip_height: float
    """Height of the hip joint above the ground."""
    trunk_angle: float
    """How steeply the trunk rises from hip to shoulder."""
    trunk_arch: float
    """How much more the trunk rises behind than in front."""
    neck_angles: tuple[float, float]
    """How steeply the neck rises, at its base and at the head."""
    head_angle: float
    tail_angles: tuple[float, float]
    """How steeply the tail rises, at its base and at its tip."""
    depths: tuple[float, ...]
    """Depths from edge to edge: tail base, hip, belly, chest, neck base, neck at the head."""
    taper: float
    """1: the tail is a cone; above 1: it ends in a whip; below 1: it stays thick."""
    leg: tuple[float, float, float]
    """Thigh, shank and instep, as parts of the hip's height."""
    thigh: float
    """Width of the thigh."""
    shank: float
    """Width of the shank at its thickest."""
    foot: Foot
    toes: float
    """Length of the middle toe, as a part of the hip's height."""
    arm: tuple[float, ...]
    """Upper arm, forearm and hand."""
    arm_width: float
    fingers: int
    stands_on_arms: bool
    stride: float
    """Length of a stride in a fast walk, as a part of the hip's height."""


PLANS = {
    Family.SMALL_THEROPOD: BodyPlan(
        skull=0.125, neck=0.125, trunk=0.21, tail=0.54, hip_height=0.24,
        trunk_angle=8, trunk_arch=6, neck_angles=(62, 40), head_angle=-6, tail_angles=(4, 5),
        depths=(0.062, 0.105, 0.118, 0.112, 0.062, 0.052), taper=0.85,
        leg=(0.40, 0.46, 0.31), thigh=0.085, shank=0.042, foot=Foot.BIRD, toes=0.25,
        arm=(0.085, 0.075, 0.075), arm_width=0.026, fingers=3, stands_on_arms=False, stride=0.8,
    ),
    Family.LARGE_THEROPOD: BodyPlan(
        skull=0.15, neck=0.105, trunk=0.235, tail=0.51, hip_height=0.265,
        trunk_angle=4, trunk_arch=5, neck_angles=(42, 27), head_angle=-4, tail_angles=(2, 4),
        depths=(0.088, 0.140, 0.165, 0.160, 0.105, 0.092), taper=0.95,
        leg=(0.43, 0.42, 0.27), thigh=0.125, shank=0.062, foot=Foot.BIRD, toes=0.25,
        arm=(0.045, 0.035, 0.028), arm_width=0.030, fingers=2, stands_on_arms=False, stride=0.75,
    ),
    Family.SPINOSAUR: BodyPlan(
        skull=0.15, neck=0.14, trunk=0.25, tail=0.46, hip_height=0.205,
        trunk_angle=4, trunk_arch=4, neck_angles=(52, 22), head_angle=-8, tail_angles=(0, 4),
        depths=(0.098, 0.125, 0.140, 0.130, 0.085, 0.052), taper=0.75,
        leg=(0.42, 0.42, 0.27), thigh=0.10, shank=0.052, foot=Foot.BIRD, toes=0.28,
        arm=(0.075, 0.055, 0.055), arm_width=0.034, fingers=3, stands_on_arms=False, stride=0.75,
    ),
    Family.ORNITHOMIMID: BodyPlan(
        skull=0.072, neck=0.215, trunk=0.22, tail=0.49, hip_height=0.35,
        trunk_angle=8, trunk_arch=8, neck_angles=(74, 76), head_angle=-6, tail_angles=(-2, 3),
        depths=(0.066, 0.118, 0.136, 0.118, 0.046, 0.026), taper=0.9,
        leg=(0.37, 0.43, 0.34), thigh=0.090, shank=0.042, foot=Foot.BIRD, toes=0.19,
        arm=(0.085, 0.07, 0.06), arm_width=0.022, fingers=3, stands_on_arms=False, stride=0.85,
    ),
    Family.THERIZINOSAUR: BodyPlan(
        skull=0.068, neck=0.215, trunk=0.26, tail=0.455, hip_height=0.33,
        trunk_angle=36, trunk_arch=10, neck_angles=(62, 62), head_angle=-4, tail_angles=(-24, -2),
        depths=(0.10, 0.185, 0.225, 0.165, 0.066, 0.030), taper=1.0,
        leg=(0.43, 0.38, 0.21), thigh=0.125, shank=0.06, foot=Foot.BIRD, toes=0.22,
        arm=(0.12, 0.09, 0.05), arm_width=0.042, fingers=3, stands_on_arms=False, stride=0.5,
    ),
    Family.SAUROPOD: BodyPlan(
        skull=0.047, neck=0.305, trunk=0.205, tail=0.445, hip_height=0.215,
        trunk_angle=3, trunk_arch=7, neck_angles=(34, 56), head_angle=-14, tail_angles=(-10, 5),
        depths=(0.078, 0.128, 0.152, 0.142, 0.070, 0.026), taper=1.25,
        leg=(0.58, 0.38, 0.10), thigh=0.076, shank=0.046, foot=Foot.PILLAR, toes=0.10,
        arm=(0.088, 0.066, 0.036), arm_width=0.047, fingers=0, stands_on_arms=True, stride=0.55,
    ),
    Family.EARLY_SAUROPODOMORPH: BodyPlan(
        skull=0.062, neck=0.215, trunk=0.25, tail=0.475, hip_height=0.235,
        trunk_angle=8, trunk_arch=8, neck_angles=(40, 46), head_angle=-12, tail_angles=(-5, 3),
        depths=(0.085, 0.125, 0.150, 0.125, 0.064, 0.028), taper=1.0,
        leg=(0.45, 0.40, 0.20), thigh=0.094, shank=0.05, foot=Foot.BIRD, toes=0.22,
        arm=(0.08, 0.055, 0.045), arm_width=0.034, fingers=3, stands_on_arms=False, stride=0.85,
    ),
    Family.STEGOSAUR: BodyPlan(
        skull=0.072, neck=0.115, trunk=0.32, tail=0.485, hip_height=0.225,
        trunk_angle=-14, trunk_arch=34, neck_angles=(-4, 16), head_angle=-16, tail_angles=(6, 8),
        depths=(0.105, 0.170, 0.205, 0.150, 0.078, 0.038), taper=1.0,
        leg=(0.56, 0.38, 0.12), thigh=0.105, shank=0.055, foot=Foot.PILLAR, toes=0.10,
        arm=(0.075, 0.058, 0.03), arm_width=0.052, fingers=0, stands_on_arms=True, stride=0.42,
    ),
    Family.ANKYLOSAUR: BodyPlan(
        skull=0.105, neck=0.07, trunk=0.375, tail=0.45, hip_height=0.152,
        trunk_angle=-4, trunk_arch=14, neck_angles=(4, 2), head_angle=-14, tail_angles=(-6, 6),
        depths=(0.090, 0.155, 0.185, 0.160, 0.095, 0.072), taper=0.7,
        leg=(0.52, 0.42, 0.14), thigh=0.088, shank=0.052, foot=Foot.PILLAR, toes=0.14,
        arm=(0.068, 0.052, 0.026), arm_width=0.052, fingers=0, stands_on_arms=True, stride=0.52,
    ),
    Family.CERATOPSIAN: BodyPlan(
        skull=0.185, neck=0.055, trunk=0.36, tail=0.40, hip_height=0.24,
        trunk_angle=-2, trunk_arch=18, neck_angles=(4, 4), head_angle=-18, tail_angles=(-14, -6),
        depths=(0.115, 0.205, 0.240, 0.215, 0.135, 0.110), taper=1.0,
        leg=(0.52, 0.40, 0.15), thigh=0.135, shank=0.065, foot=Foot.HOOFED, toes=0.13,
        arm=(0.095, 0.072, 0.036), arm_width=0.062, fingers=0, stands_on_arms=True, stride=0.56,
    ),
    Family.HADROSAUR: BodyPlan(
        skull=0.13, neck=0.13, trunk=0.28, tail=0.46, hip_height=0.245,
        trunk_angle=-2, trunk_arch=16, neck_angles=(34, 26), head_angle=-20, tail_angles=(-1, 2),
        depths=(0.110, 0.165, 0.190, 0.155, 0.085, 0.066), taper=0.85,
        leg=(0.47, 0.43, 0.18), thigh=0.125, shank=0.062, foot=Foot.HOOFED, toes=0.16,
        arm=(0.082, 0.078, 0.048), arm_width=0.040, fingers=0, stands_on_arms=True, stride=0.6,
    ),
    Family.PACHYCEPHALOSAUR: BodyPlan(
        skull=0.118, neck=0.105, trunk=0.25, tail=0.525, hip_height=0.25,
        trunk_angle=6, trunk_arch=10, neck_angles=(52, 40), head_angle=-14, tail_angles=(-2, 4),
        depths=(0.085, 0.132, 0.150, 0.125, 0.070, 0.058), taper=0.8,
        leg=(0.42, 0.43, 0.26), thigh=0.10, shank=0.048, foot=Foot.BIRD, toes=0.21,
        arm=(0.055, 0.045, 0.035), arm_width=0.026, fingers=3, stands_on_arms=False, stride=0.75,
    ),
}  # fmt: skip
