"""Descriptions: two sentences about an animal, in the manner of a field guide.

Each sentence stands for itself and fits every animal with the code that it is listed under, beside
any other sentence that may follow. Which are chosen is drawn from the genome; wording may change.
"""

from collections.abc import Mapping

from bot.chat.translation import _, joined
from bot.creatures.genome import Genome
from bot.creatures.profile import Build, Diet, Family, Pattern, Profile, Temper, Theme, Trait

Sentences = tuple[str, ...]

_SMALL = 1.2
"""Metres up to which an animal counts as small beside all others."""
_LARGE = 12.0

TEMPERS: Mapping[Temper, Sentences] = {
    Temper.SHY: (
        _("It is seldom seen, and prefers to keep it that way."),
        _("It meets strangers by standing very still and hoping."),
        _("Most sightings are of ferns that were moving a moment ago."),
        _("It joins others at the back, and leaves first."),
        _("It has been observed twice, both times leaving."),
        _("It can stand behind a sapling for an hour, convinced that this works."),
        _("It comes out when everybody has gone, and checks twice that they have."),
    ),
    Temper.CALM: (
        _("It was startled once, and did not care for it."),
        _("It does everything at one speed, and is never late for anything that it knows about."),
        _("Storms, landslides and rivals all receive the same slow blink."),
        _("It finishes chewing before it considers the emergency."),
        _("It has not hurried in living memory, its own included."),
        _("It yawns when threatened, and this has been known to work."),
        _("It has a plan for every danger, and the plan is to wait."),
    ),
    Temper.CURIOUS: (
        _("It examines anything new by standing on it."),
        _("It follows other animals about, and takes no notes."),
        _("It looks into every hollow log, usually once too often."),
        _("It leaves no stone unturned, and puts none back."),
        _("It walks up to danger, tilts its head, and takes a closer look."),
        _("It puts things in its mouth to find out what they are, and is often right."),
        _("It has looked behind every waterfall in its range, and will do so again."),
    ),
    Temper.SOCIABLE: (
        _("It travels in groups, and has opinions about all of them."),
        _("It calls all day, to make sure that nobody has left."),
        _("It shares its resting place with anyone who does not move away in time."),
        _("It is friends with several animals that do not know it."),
        _("Left alone, it starts a herd."),
        _("It greets each member of the group every morning, in an order that matters."),
        _("It has never finished a meal without being interrupted, usually by itself."),
    ),
    Temper.PROUD: (
        _("It walks as though there were an audience, and waits if there is none."),
        _("It stands on high ground, and allows itself to be looked at."),
        _("It drinks slowly, because of the reflection."),
        _("When it trips, everybody else is expected not to have seen it."),
        _("It takes the right of way, and is gracious about it."),
        _("It bathes daily, and walks home the long way."),
        _("It considers the rest of the family a rough draft."),
    ),
    Temper.NERVOUS: (
        _("It flees first and finds out later, if at all."),
        _("It sleeps with one eye open, and has the eyes take turns."),
        _("It has fled from leaves, from echoes, and from its own tail."),
        _("It keeps watch on the horizon, which so far has done nothing."),
        _("It warns the others loudly, and is right about once a year."),
        _("It counts its feet before it sets off, and again on arrival."),
        _("It approaches the water's edge in stages, and leaves in one."),
    ),
    Temper.GRUMPY: (
        _("It dislikes rain, drought, and everything in between."),
        _("It defends a territory that nobody else has asked for."),
        _("It complains at sunrise, chiefly about the sunrise."),
        _("It tolerates its own kind, in small numbers and at a distance."),
        _("It gets up on the wrong side of every nest."),
        _("It holds grudges against several rivers."),
        _("It sighs before it does anything, and again if anybody noticed."),
    ),
    Temper.FIERCE: (
        _("It has never backed down, and so has never learned how."),
        _("It charges at whatever moves, and at some things that do not."),
        _("It fears nothing, which its neighbours put down to a lack of imagination."),
        _("Its warning display has three stages, of which it skips two."),
        _("It ends every argument early, including other animals' arguments."),
        _("It has won every quarrel with its reflection."),
        _("It takes up the middle of the path, and the path is wherever it walks."),
    ),
}

DIETS: Mapping[Diet, Sentences] = {
    Diet.PLANTS: (
        _("It eats ferns in the morning and, for a change, ferns in the evening."),
        _("It eats for sixteen hours a day, and thinks about food for the rest."),
        _("It considers every bush carefully, and then eats it."),
        _("It knows four hundred plants by taste, and has a low opinion of most."),
        _("It picks up pebbles for its digestion, and boulders by mistake."),
    ),
    Diet.MEAT: (
        _("It hunts at dusk, and usually wishes that it had started earlier."),
        _("It follows its prey for hours, and sleeps for days."),
        _("It prefers prey that is slower than itself, and checks beforehand."),
        _("It catches one meal in five, and leaves the others as though it had not been hungry."),
        _("It hides leftovers with great care, and finds nearly half of them again."),
    ),
    Diet.FISH: (
        _("It waits in the shallows for fish, and gives each of them a fair start."),
        _("It stands in the river until it is taken for a tree, and then until it is hungry."),
        _("It eats fish, smells of fish, and sees no connection."),
        _("It can tell nineteen kinds of fish apart, most of them too late."),
    ),
    Diet.INSECTS: (
        _("It eats insects one at a time, and loses count."),
        _("It snaps at things that fly all day, and at some that only might have."),
        _("It has yet to meet a beetle that it did not like."),
        _("It visits the same termites daily, and they have stopped getting up for it."),
    ),
    Diet.ANYTHING: (
        _("It eats whatever is there, and then whatever was underneath."),
        _("It tries everything once, stones included."),
        _("It is not a fussy eater, as the contents of its nest confirm."),
        _("It eats leaves, eggs, lizards, and whatever somebody else was keeping for later."),
    ),
}

FAMILIES: Mapping[Family, Sentences] = {
    Family.SMALL_THEROPOD: (
        _("It crosses open ground at a sprint, and explains nothing."),
        _("It guards its nest against anything up to twice its size, and glares at the rest."),
    ),
    Family.LARGE_THEROPOD: (
        _("It needs a territory the size of a small county, and is usually at the far end."),
        _("Other animals make way for it, and have generally done so since breakfast."),
    ),
    Family.SPINOSAUR: (
        _("It swims well, walks adequately, and does not discuss the difference."),
        _("It spends more time in the water than out of it, and dries slowly."),
    ),
    Family.ORNITHOMIMID: (
        _("It can outrun anything that it notices in time."),
        _("It runs in wide circles, apparently for the exercise."),
    ),
    Family.THERIZINOSAUR: (
        _("It pulls down whole branches with great ceremony, and eats one leaf."),
        _("It looks dangerous, and is mostly pruning."),
    ),
    Family.SAUROPOD: (
        _("News from the tail reaches the head in due course."),
        _("It has never once looked where it puts its hind feet."),
    ),
    Family.EARLY_SAUROPODOMORPH: (
        _("It walks on two legs or on four, and decides on the way."),
        _("It reaches for higher leaves than it needs, as if somebody had to start."),
    ),
    Family.STEGOSAUR: (
        _("It turns its tail towards visitors, which is not an invitation."),
        _("It thinks about one thing at a time, and has not finished with the first."),
    ),
    Family.ANKYLOSAUR: (
        _("When attacked, it lies down and waits for the other side to lose interest."),
        _("It goes through undergrowth rather than around it, and has not noticed a difference."),
    ),
    Family.CERATOPSIAN: (
        _("It settles disputes by lowering its head and letting the other one think."),
        _("It eats with its head on one side, so as to see past it."),
    ),
    Family.HADROSAUR: (
        _("It has several hundred teeth for chewing, and means to use them all."),
        _("It chews everything forty times, and recounts."),
    ),
    Family.PACHYCEPHALOSAUR: (
        _("It greets rivals head first, and friends more gently but also head first."),
        _("It has tested most of the local trees for firmness."),
    ),
}

TRAITS: Mapping[Trait, Sentences] = {
    Trait.BROW_HORNS: (
        _("The brow horns grow all its life, as does its opinion of them."),
        _("The horns over its eyes are for show, and the show is well attended."),
        _("Its brow horns make low branches a recurring subject."),
    ),
    Trait.NOSE_HORN: (
        _("The horn on its nose is always in view, at least for its owner."),
        _("It uses the horn on its nose to move things that were fine where they were."),
        _("The horn on its nose is worn down by use, and the local rocks look worse."),
    ),
    Trait.FRILL: (
        _("Its frill blushes when it is excited, which it denies."),
        _("Seen from the front, it is nearly all frill."),
        _("The frill is mostly for show, and the show is daily."),
    ),
    Trait.FRILL_SPIKES: (
        _("No two have the same spikes on the frill, and each considers its own the standard."),
        _("Rivals count the spikes on its frill, and generally leave it at that."),
        _("The spikes on its frill keep neighbours at a polite distance."),
    ),
    Trait.PLATES: (
        _("The plates on its back warm it by day and creak by night."),
        _("It turns its plates to the sun until it is done on both sides."),
        _("The arrangement of its plates follows a rule, with exceptions in every case."),
    ),
    Trait.SPIKES: (
        _("Its spikes point in every direction that trouble has ever come from."),
        _("Its spikes discourage predators and, regrettably, scratching."),
        _("It sheds a spike now and then, and guards it."),
    ),
    Trait.SAIL: (
        _("The sail on its back can be seen for miles, which makes hiding a formality."),
        _("The sail catches the wind on open ground, and the turn that follows looks intended."),
        _("The sail is warm by noon, and in the way until then."),
    ),
    Trait.TAIL_CLUB: (
        _("The club on its tail is heavier than it looks, as most nearby trees can confirm."),
        _("It swings its tail club before turning round, as a courtesy."),
        _("Nobody stands behind it twice."),
    ),
    Trait.CREST: (
        _("The crest is brightest in spring, when it is also most in the way."),
        _("The crest is fragile, and it is aware of this."),
        _("Its crest is its best side, and it has arranged to be seen from there."),
    ),
    Trait.DOME: (
        _("The dome of its skull is solid, in every sense."),
        _("Its skull is built to take a blow, and it likes to make sure."),
        _("The dome is polished by use."),
    ),
    Trait.FEATHERS: (
        _("Its feathers keep out the cold, and keep in the rain."),
        _("It raises its feathers when alarmed, and only looks softer."),
        _("It moults once a year, and does not receive visitors meanwhile."),
    ),
    Trait.LARGE_CLAWS: (
        _("Its claws are longer than anything that it does with them requires."),
        _("It sharpens its claws on trees, and the trees lean away."),
        _("Its claws are no use for delicate work, and it does no other."),
    ),
    Trait.LARGE_TEETH: (
        _("It has slightly more teeth than it can close its mouth over."),
        _("It loses a tooth a week and grows two, which cannot go on."),
        _("Its teeth show even when it is resting, to save time."),
    ),
    Trait.LONG_NECK: (
        _("Its neck reaches food that its legs have not agreed to."),
        _("Its neck is longer than it can keep an eye on."),
        _("It can look at where it was without leaving where it is."),
    ),
    Trait.LONG_TAIL: (
        _("The tail balances the front, and clears the ground behind."),
        _("The tail follows a little later, by a route of its own."),
        _("It has passed some time before its tail has."),
    ),
    Trait.LARGE_HEAD: (
        _("Its head is a size too large, and is rested on logs."),
        _("With a head like that, balance is a matter of habit."),
        _("Most of it is head, and the rest has learned to follow."),
    ),
    Trait.LARGE_EYES: (
        _("Its large eyes see well in the dark, and look surprised by day."),
        _("Its eyes suggest that it has just been asked something difficult."),
        _("It blinks rarely, and one eye at a time."),
    ),
    Trait.HUMP: (
        _("Its high back stores fat for hard times, and the times have been good."),
        _("The purpose of its high back is disputed, though not by its owner."),
        _("The fat on its back is a reserve, which it does not like to touch."),
    ),
    Trait.DEWLAP: (
        _("Its dewlap swells a moment before it calls, which spoils the surprise."),
        _("Its dewlap changes colour with its mood, so that arguments are short."),
        _("Its dewlap swings as it walks, and it walks accordingly."),
    ),
}

THEMES: Mapping[Theme, Sentences] = {
    Theme.SEA: (
        _("It smells faintly of low tide, even far inland."),
        _("It bathes before breakfast, in any season."),
        _("It always knows the way to water, and very little else about geography."),
        _("It is thought to be able to swim, having been seen on both banks."),
    ),
    Theme.NIGHT: (
        _("It is up all night, and looks it."),
        _("It finds its way by the stars, and stays in when it is cloudy."),
        _("Moonlight suits it, and it seems to know."),
        _("It is never about before dark, and cannot be reasoned with before midnight."),
    ),
    Theme.FIRE: (
        _("It warms itself at volcanoes, from what it believes is a safe distance."),
        _("It is the last to leave a forest fire, and the first to come back."),
        _("It nests on warm ground, some of it too warm."),
        _("It smells slightly of smoke, and nobody has asked."),
    ),
    Theme.THUNDER: (
        _("Its call is mistaken for distant thunder, and distant thunder for its call."),
        _("It is at its best just before rain."),
        _("Clouds gather when it calls, or it calls when clouds gather; the records are unclear."),
    ),
    Theme.ICE: (
        _("It winters where others would not summer."),
        _("Snow settles on its back, and is carried about until spring."),
        _("It is at ease in frost, and lies down in streams when it thaws."),
    ),
    Theme.SUN: (
        _("It is up at dawn and stands facing it, for reasons of its own."),
        _("It spends the hottest hours in full sun, and comes back for the rest."),
        _("It keeps to the sunny side of the valley, and changes sides at noon."),
    ),
    Theme.FOREST: (
        _("It knows one forest very well, and has not asked about others."),
        _("It wears paths through the forest, all of which lead to the same tree."),
        _("Moss grows on its north side."),
    ),
    Theme.DESERT: (
        _("It can go without water for weeks, and lets it be known."),
        _("Its tracks in the sand lead, with several detours, back to where they began."),
        _("It rolls in dust to get clean, with the result that one expects."),
    ),
    Theme.MOUNTAIN: (
        _("It is sure of foot on steep ground, and uneasy on flat."),
        _("It winters high up, and summers higher."),
        _("It stops at every ridge, for the view."),
    ),
    Theme.FLOWER: (
        _("It smells better than an animal of this kind has any reason to."),
        _("It lines its nest with whatever smells best, and seldom gets to the eggs."),
        _("It is fond of bright colours, its own first."),
    ),
}

BUILDS: Mapping[Build, Sentences] = {
    Build.SLENDER: (
        _("There is less of it than its length suggests."),
        _("Strong wind moves it a little to the left."),
        _("From the front it is easily missed."),
    ),
    Build.STOUT: (
        _("It fits through most gaps once."),
        _("It is heavier than it looks, as soft ground has shown."),
        _("What it lacks in grace it makes up in momentum."),
    ),
}

SMALL: Sentences = (
    _("It is generally overlooked, in both senses."),
    _("It is small enough to be stepped on, and knows by whom."),
    _("For its size, it leaves a great many footprints."),
)
LARGE: Sentences = (
    _("Its footprints fill with rain, and others use them as ponds."),
    _("Smaller animals travel in its shade, and complain when it stops."),
    _("Getting up is an event, and the birds announce it."),
)

PATTERNS: Mapping[Pattern, Sentences] = {
    Pattern.STRIPES: (
        _("The stripes break up its outline, though not by enough."),
        _("No two have the same stripes, and it has checked."),
    ),
    Pattern.SPOTS: (
        _("The spots make it vanish in dappled light, and nowhere else."),
        _("Its spots fade with age, apart from one."),
    ),
    Pattern.SADDLES: (_("The patches on its back match nothing that it lives near."),),
    Pattern.RINGS: (_("Its rings do not show its age, whatever it implies."),),
    Pattern.PLAIN: (_("It has no markings, and regards them as a phase."),),
}

ANTARCTICA: Sentences = (
    _("It sits out the polar night, and is best left alone until spring."),
    _("The polar summer has no night, so it sleeps when it feels like it."),
)


def description(profile: Profile) -> str:
    """Two sentences: what it does, and how it is made or where it is found."""
    genome = Genome(profile.name)
    kinds = (habits(profile), looks(profile))
    chosen = []
    for key, kind in zip(("habit", "look"), kinds, strict=True):
        sentences = genome.weigh(f"{key} kind", kind)
        chosen.append(genome.choose(key, sentences))
    return joined(*chosen)


def habits(profile: Profile) -> dict[Sentences, int]:
    """First sentences that fit, in groups with their weights."""
    return {
        TEMPERS[profile.temper]: 5,
        DIETS[profile.diet]: 3,
        FAMILIES[profile.family]: 2,
    }


def looks(profile: Profile) -> dict[Sentences, int]:
    """Second sentences that fit, in groups with their weights."""
    groups = {TRAITS[trait]: 4 for trait in profile.traits}
    groups[PATTERNS[profile.pattern]] = 1
    if profile.theme in THEMES:
        groups[THEMES[profile.theme]] = 12
    if profile.build in BUILDS and profile.length < _LARGE:
        groups[BUILDS[profile.build]] = 2
    if profile.length <= _SMALL:
        groups[SMALL] = 6
    elif profile.length >= _LARGE:
        groups[LARGE] = 4
    if profile.region == "antarctica":
        groups[ANTARCTICA] = 8
    return groups
