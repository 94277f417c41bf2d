"""The skeleton: where a creature's spine, joints and feet are, from its proportions and pose."""

from dataclasses import dataclass, field, replace

from bot.creatures.profile import Build, Diet, Family, Pose, Profile, Proportions, Temper, Trait
from bot.pictures.plates.body_plans import PLANS, BodyPlan, Foot
from bot.pictures.plates.drawing import Drawing, Variation
from bot.pictures.plates.geometry import Points, Tube, lerp, middle_joint, polar
from bot.pictures.plates.palette import Palette
from bot.pictures.plates.skulls import SKULLS, Outline, Skull

UNITS = 1000
"""Length of a usual member of a family, in units of the drawing."""
TAIL, TRUNK, NECK = 5, 3, 4
"""Parts of the spine."""
HIP, SHOULDER, HEAD = TAIL, TAIL + TRUNK, TAIL + TRUNK + NECK
"""Numbers of points of the spine."""

BUILDS = {Build.SLENDER: 0.9, Build.AVERAGE: 1.0, Build.STOUT: 1.13}
FEATHERED = {Family.SMALL_THEROPOD, Family.ORNITHOMIMID, Family.THERIZINOSAUR}
HIGH_BROWSERS = {Family.SAUROPOD, Family.THERIZINOSAUR, Family.EARLY_SAUROPODOMORPH}
SMOOTH_NAPES = {Family.SAUROPOD, Family.LARGE_THEROPOD, Family.PACHYCEPHALOSAUR}
VARIED = {Family.SMALL_THEROPOD, Family.CERATOPSIAN}
"""Families whose members would look much alike: their proportions differ twice as much."""
FAR_GROUND = 0.035
"""How much higher the far feet stand, as a part of the hip's height."""


@dataclass(frozen=True)
class Head:
    """A head in its place."""

    skull: Skull
    origin: complex
    turn: complex
    """Length and direction of the head as a factor from skull units to units of the drawing."""
    gape: float
    """How far the jaw opens, in degrees."""

    @property
    def length(self) -> float:
        """Length of the skull, in units of the drawing."""
        return abs(self.turn)

    def at(self, x: float, y: float) -> complex:
        """A point of the skull."""
        return self.origin + complex(x, y) * self.turn

    def points(self, outline: Outline) -> Points:
        """An outline of the skull."""
        return [self.at(*point) for point in outline]

    def opened(self, points: Points) -> Points:
        """Points of the lower jaw, as far as it is open."""
        joint = self.at(*self.skull.top[0])
        turn = polar(1, -self.gape)
        return [joint + (point - joint) * turn for point in points]

    @property
    def mouth(self) -> complex:
        """The tip of the snout."""
        return self.at(*self.skull.top[-1])


@dataclass(frozen=True)
class Stance:
    """How a pose changes the body. Angles are in degrees and are added to those of the plan."""

    trunk: float = 0.0
    neck: float = 0.0
    head: float = 0.0
    tail: float = 0.0
    gape: float = 0.0
    feet: tuple[tuple[float, float, float], tuple[float, float, float]] = (
        (0.45, 0, 65), (-0.55, 0, 78)
    )  # fmt: skip
    """The near and the far foot: how far ahead, in half strides; how high, as a part of the hip's
    height; how steep the instep is."""


STANCES = {
    Pose.STANDING: Stance(),
    Pose.WALKING: Stance(neck=-3, feet=((0.95, 0, 60), (-0.95, 0, 80))),
    Pose.RUNNING: Stance(
        trunk=-3, neck=-14, head=8, tail=5, gape=6, feet=((0.35, 0, 68), (-1.3, 0.3, 140))
    ),
    Pose.FEEDING: Stance(trunk=-5, tail=5, gape=12, feet=((0.6, 0, 62), (-0.5, 0, 80))),
    Pose.CALLING: Stance(trunk=4, neck=10, head=20, tail=-2, gape=27),
}


@dataclass(frozen=True)
class Limb:
    """A limb: its joints from the body to the ground."""

    root: complex
    middle: complex
    """Knee or elbow."""
    ankle: complex
    """Ankle or wrist."""
    end: complex
    """The point where the toes or fingers begin."""
    ground: float
    is_lifted: bool
    """Whether the foot is lifted, as only animals with the toes of birds do."""
    is_near: bool


@dataclass(frozen=True)
class Skeleton:
    """All that ornaments and skin hang on."""

    plan: BodyPlan
    body: Tube
    """The body from the tip of the tail (s = 0) into the head (s = 1); v = 1 is the back."""
    hip: float
    shoulder: float
    nape: float
    """The `s` of these, the last where the neck meets the head."""
    head: Head
    legs: tuple[Limb, Limb]
    """The near and the far one."""
    arms: tuple[Limb, Limb]
    stands_on_arms: bool
    length: float
    """Length of the spine with the skull, in units."""
    plumage: float
    """Length of its feathers: 0 if it has none, 1 if it is known for them."""


@dataclass(frozen=True)
class Sketch:
    """All that the parts of a creature are drawn with."""

    profile: Profile
    skeleton: Skeleton
    palette: Palette
    variation: Variation
    drawing: Drawing = field(default_factory=Drawing)
    growth: float = 1.0
    """Size of horns and other ornaments: less than 1 for a young animal."""

    def has(self, trait: Trait) -> bool:
        """Whether the creature has a trait."""
        return trait in self.profile.traits

    @property
    def body(self) -> Tube:
        """The body of the skeleton."""
        return self.skeleton.body


def grown(profile: Profile) -> BodyPlan:
    """The plan of its family, changed as the profile says; lengths in units."""
    plan, own, traits = PLANS[profile.family], profile.proportions, profile.traits
    if profile.family in VARIED:
        doubled = {part: 1.9 * value for part, value in vars(own).items()}
        own = Proportions(**doubled)
        lift = Variation(profile.name).within("neck rise", -9, 15)
        base, top = plan.neck_angles
        if profile.family is Family.SMALL_THEROPOD:
            plan = replace(plan, neck_angles=(base + lift, top + lift))
    tail = 1 + 0.13 * own.tail + (0.2 if Trait.LONG_TAIL in traits else 0)
    neck = 1 + 0.15 * own.neck + (0.28 if Trait.LONG_NECK in traits else 0)
    skull = 1 + 0.10 * own.skull + (0.2 if Trait.LARGE_HEAD in traits else 0)
    arms = 1 + 0.18 * own.arms
    bulk = BUILDS[profile.build] * UNITS
    return replace(
        plan,
        skull=plan.skull * skull * UNITS,
        neck=plan.neck * neck * UNITS,
        trunk=plan.trunk * (1 + 0.07 * own.trunk) * UNITS,
        tail=plan.tail * tail * UNITS,
        hip_height=plan.hip_height * (1 + 0.09 * own.legs) * UNITS,
        depths=tuple(depth * bulk for depth in plan.depths),
        thigh=plan.thigh * bulk,
        shank=plan.shank * bulk,
        arm=tuple(part * arms * UNITS for part in plan.arm),
        arm_width=plan.arm_width * bulk,
    )


def hatchling(plan: BodyPlan) -> BodyPlan:
    """The plan of a hatchling: a large head and short limbs, neck and tail."""
    tail_base, hip, belly, chest, neck, nape = plan.depths
    is_low = plan.hip_height < 0.19 * UNITS  # else its head would lie on the ground
    skull = min(plan.skull * 1.38 + 0.04 * UNITS, 0.235 * UNITS, plan.hip_height)
    return replace(
        plan,
        skull=skull,
        neck=plan.neck * 0.72,
        trunk=plan.trunk * 0.84,
        tail=plan.tail * 0.58,
        hip_height=plan.hip_height * (0.96 if is_low else 0.82),
        depths=(tail_base, hip, belly * 1.05, chest, neck * 1.1, max(nape * 1.15, skull * 0.36)),
        arm=tuple(part * 0.85 for part in plan.arm),
    )


def skeleton_of(profile: Profile, variation: Variation, *, is_young: bool = False) -> Skeleton:
    """The skeleton of a profile in its pose, with the hip above the origin, on the ground."""
    plan = grown(profile)
    if is_young:
        plan = hatchling(plan)
    stance = STANCES[profile.pose]
    rears = profile.family is Family.HADROSAUR and profile.pose is Pose.CALLING
    stands_on_arms = plan.stands_on_arms and not rears
    if profile.pose is Pose.RUNNING and plan.foot is not Foot.BIRD:  # heavy: all feet are down
        stance = replace(stance, feet=((1.15, 0, 66), (-1.1, 0, 84)), neck=-5)
    if rears:  # one foot well before the other
        feet = ((0.55, 0, 66), (-0.75, 0, 84))
        stance = replace(stance, trunk=26, tail=-9, neck=stance.neck + 6, feet=feet)
    elif stands_on_arms:
        stance = replace(stance, trunk=stance.trunk * 0.3)
    if profile.temper in (Temper.FIERCE, Temper.GRUMPY) and profile.diet is not Diet.PLANTS:
        stance = replace(stance, gape=max(stance.gape, 13))
    if profile.pose is Pose.FEEDING:
        stance = _feeding(profile, plan, stance)
    spine, head = _spine(profile, plan, stance, variation)
    body = _body(profile, plan, spine, head)
    near, far = (_leg(plan, spine[HIP], stance.feet[i], is_near=i == 0) for i in range(2))
    shoulder = body.at(body.station(SHOULDER) - (0.035 if stands_on_arms else 0.02), -0.42)
    if stands_on_arms:
        ahead = [stance.feet[1 - i][0] * 0.8 for i in range(2)]  # as the opposite feet
        arms = [_foreleg(plan, shoulder, ahead[i], is_near=i == 0) for i in range(2)]
    else:
        arms = [_hanging_arm(profile, plan, shoulder, is_near=i == 0) for i in range(2)]
    return Skeleton(
        plan=plan,
        body=body,
        hip=body.station(HIP),
        shoulder=body.station(SHOULDER),
        nape=body.station(HEAD),
        head=head,
        legs=(near, far),
        arms=(arms[0], arms[1]),
        stands_on_arms=stands_on_arms,
        length=plan.tail + plan.trunk + plan.neck + plan.skull,
        plumage=1.0 if Trait.FEATHERS in profile.traits else 0.6 * (profile.family in FEATHERED),
    )


def _feeding(profile: Profile, plan: BodyPlan, stance: Stance) -> Stance:
    """The neck bent so that the mouth reaches the ground, or leaves high up."""
    if profile.family in HIGH_BROWSERS and Variation(profile.name).unit("browse") < 0.7:
        return replace(stance, trunk=4, neck=12, head=-4)
    goal = plan.hip_height * 0.09 + plan.skull * 0.05
    for trunk in (stance.trunk, -14.0, -24.0):  # of long legs, the trunk is lowered, too
        low, high = -150.0, 20.0
        for _ in range(9):
            bend = (low + high) / 2
            stance = replace(stance, trunk=trunk, neck=bend, head=max(-42.0, bend * 0.55))
            _, head = _spine(profile, plan, stance, Variation(profile.name))
            if head.mouth.imag < goal:
                low = bend
            else:
                high = bend
        if head.mouth.imag < goal + plan.skull * 0.5 or plan.stands_on_arms:
            break
    return stance


def _spine(
    profile: Profile, plan: BodyPlan, stance: Stance, variation: Variation
) -> tuple[Points, Head]:
    hip = complex(0, plan.hip_height)
    tail = [hip]
    base, tip = plan.tail_angles
    base += stance.tail + variation.within("tail", -3, 3)
    tip += stance.tail + variation.within("tail tip", -9, 12)
    for i in range(TAIL):
        part = i / (TAIL - 1)
        tail.append(tail[-1] + polar(plan.tail / TAIL, 180 - lerp(base, tip, part * part)))
    lowest = min(point.imag for point in tail)
    if lowest < plan.hip_height * 0.16:  # it drags on the ground: it is raised as a whole
        lift = (plan.hip_height * 0.16 - lowest) / plan.tail
        tail = [point + 1j * lift * abs(point - hip) for point in tail]
    trunk = []
    point = hip
    for i in range(TRUNK):
        arch = plan.trunk_arch * (1 - i) / 2
        point += polar(plan.trunk / TRUNK, plan.trunk_angle + stance.trunk + arch)
        trunk.append(point)
    neck = []
    for i in range(NECK):
        part = (i + 0.5) / NECK
        angle = lerp(*plan.neck_angles, part) + stance.neck * (0.45 + 0.55 * part)
        if i == 0:  # half way from the direction of the trunk
            angle = (angle + plan.trunk_angle + stance.trunk - plan.trunk_arch / 2) / 2
        point += polar(plan.neck / NECK, max(angle, -80))
        neck.append(point)
    angle = plan.head_angle + stance.head
    head = Head(SKULLS[profile.family], point, polar(plan.skull, angle), stance.gape)
    return [*tail[::-1], *trunk, *neck, head.at(0.22, 0.02)], head


def _body(profile: Profile, plan: BodyPlan, spine: Points, head: Head) -> Tube:
    tail_base, hip, belly, chest, neck, nape = plan.depths
    depths = [tail_base * (i / TAIL) ** plan.taper for i in range(TAIL)]
    depths[0] = tail_base * 0.03
    if Trait.TAIL_CLUB in profile.traits:  # on a handle
        depths = [max(depth, tail_base * 0.26) for depth in depths]
    depths += [hip, lerp(hip, belly, 0.8), lerp(belly, chest, 0.45), chest]
    depths += [lerp(chest, neck, 0.66), lerp(neck, nape, 0.15), lerp(neck, nape, 0.62)]
    depths += [nape, min(nape * 0.8, plan.skull * 0.36)]
    shares = [0.5, 0.5, 0.5, 0.5, 0.48, 0.46, 0.41, 0.35, 0.28, 0.27, 0.33, 0.42, 0.5, 0.5]
    if plan.neck_angles[0] < 20:  # a neck that does not rise needs no room above it
        shares[HIP + 2 : HEAD - 1] = [0.42, 0.42, 0.42, 0.46]
    rises = spine[HEAD].imag > spine[SHOULDER].imag
    if profile.family in SMOOTH_NAPES and rises:  # no saddle between the back and the head
        shares[HIP + 2 : HEAD - 1] = [0.40, 0.38, 0.38, 0.40]
    up = [depth * share for depth, share in zip(depths, shares, strict=True)]
    crown = (max(y for _, y in head.skull.top) - 0.05) * plan.skull
    up[HEAD - 1 :] = [min(up[HEAD - 1], crown), min(up[HEAD], crown * 0.78), crown]  # no notch
    down = [depth * (1 - share) for depth, share in zip(depths, shares, strict=True)]
    lowest = 0.2 * plan.hip_height
    down = [min(depth, max(6.0, p.imag - lowest)) for depth, p in zip(down, spine, strict=True)]
    if Trait.HUMP in profile.traits:
        for number, part in ((HIP + 1, 0.25), (HIP + 2, 0.6), (SHOULDER, 0.5), (SHOULDER + 1, 0.2)):
            up[number] += chest * 0.5 * part
    return Tube(spine, up, down, bend=1.5)


def _leg(plan: BodyPlan, hip: complex, step: tuple[float, float, float], *, is_near: bool) -> Limb:
    ahead, lift, slope = step
    height = plan.hip_height
    upper, lower, instep = (part * height for part in plan.leg)
    thick = plan.shank * 0.3
    ground = 0.0 if is_near else FAR_GROUND * height
    if plan.foot is not Foot.BIRD:  # nearly straight
        reach = height - plan.depths[1] * 0.1 - thick - instep
        factor = (1.035 if plan.foot is Foot.PILLAR else 1.07) * reach / (upper + lower)
        upper, lower = upper * factor, lower * factor
        slope = 90 - 20 * ahead * plan.stride
    aside = 0.0 if is_near else plan.thigh * (-0.16 if lift > 0 else 0.12)
    root = hip + complex(aside, -plan.depths[1] * 0.1)
    forward = ahead * plan.stride / 2 * height + (0.06 if plan.foot is Foot.BIRD else 0) * height
    foot = complex(hip.real, ground + thick + lift * height)
    foot, ankle = _within_reach(root, foot, forward, polar(instep, 180 - slope), upper + lower)
    knee, ankle = middle_joint(root, ankle, upper, lower, 1)
    return Limb(root, knee, ankle, foot, ground, is_lifted=lift > 0, is_near=is_near)


def _within_reach(
    root: complex, foot: complex, forward: float, instep: complex, longest: float
) -> tuple[complex, complex]:
    """A foot and its ankle, as far forward as the bones reach."""
    while abs(foot + forward + instep - root) > longest * 0.985 and abs(forward) > 1:
        forward *= 0.93
    return foot + forward, foot + forward + instep


def _foreleg(plan: BodyPlan, shoulder: complex, ahead: float, *, is_near: bool) -> Limb:
    height = plan.hip_height
    ground = 0.0 if is_near else FAR_GROUND * height
    root = shoulder + (0 if is_near else plan.arm_width * 0.25)
    thick = plan.arm_width * 0.25
    upper, lower, hand = plan.arm
    factor = 1.06 * (root.imag - thick) / (upper + lower + hand)
    upper, lower, hand = upper * factor, lower * factor, hand * factor
    forward = ahead * plan.stride / 2 * height * 0.8
    foot = complex(root.real, ground + thick)
    palm = polar(hand, 90 + forward / height * 30)
    foot, wrist = _within_reach(root, foot, forward, palm, upper + lower)
    elbow, wrist = middle_joint(root, wrist, upper, lower, -1)
    return Limb(root, elbow, wrist, foot, ground, is_lifted=False, is_near=is_near)


def _hanging_arm(profile: Profile, plan: BodyPlan, shoulder: complex, *, is_near: bool) -> Limb:
    upper, lower, hand = plan.arm
    swings = {Pose.WALKING: 8.0, Pose.RUNNING: -14.0, Pose.CALLING: 20.0, Pose.FEEDING: -14.0}
    swing = swings.get(profile.pose, 0.0)
    if not is_near:
        if upper < plan.depths[3] * 0.57:  # a short arm hides behind the breast
            swing -= 25
        else:
            swing = min(48, 50 - swing * 0.6)
    aside = 0.2 if profile.family is Family.HADROSAUR else 0.7  # a thick arm shows at once
    root = shoulder + (0 if is_near else plan.arm_width * aside)
    has_long_claws = profile.family is Family.THERIZINOSAUR
    reach = -12 if has_long_claws else -22
    back, bend = -106, -38
    if profile.pose is Pose.FEEDING:  # out of the way of the head
        reach, back = -45, -116
    while True:  # higher, until the claws are off the ground
        elbow = root + polar(upper, back + swing * 0.6)
        wrist = elbow + polar(lower, reach + swing)
        end = wrist + polar(hand * 0.45, bend + swing)
        if end.imag > hand * (3.2 if has_long_claws else 1.5) or swing > 60 or reach > 45:
            break
        if profile.pose is Pose.FEEDING:  # the elbow stays before the thigh
            back, reach, bend = max(back - 3, -136), reach + 6, bend + 3
        else:
            swing += 8
    return Limb(root, elbow, wrist, end, 0, is_lifted=True, is_near=is_near)
