"""Descriptions: two sentences about an animal, in the manner of a field guide.

Each sentence stands for itself and fits every animal with the code that it is listed under, beside
any other sentence that may follow. Which are chosen is drawn from the genome; wording may change.
"""

from collections.abc import Mapping

from bot.creatures.genome import Genome
from bot.creatures.profile import Build, Diet, Family, Pattern, Profile, Temper, Theme, Trait
from data.phrases import Phrase, _

Sentences = tuple[Phrase, ...]

_SMALL = 1.2
"""Metres up to which an animal counts as small beside all others."""
_LARGE = 12.0
_LONG = 8.0
"""Metres up to which a slender animal is slight, unless its family is broad."""
_BROAD = frozenset({Family.ANKYLOSAUR, Family.CERATOPSIAN, Family.STEGOSAUR, Family.THERIZINOSAUR})

TEMPERS: Mapping[Temper, Sentences] = {
    Temper.SHY: (
        _("It is seldom seen, and prefers to keep it that way."),
        _("It meets strangers by standing very still and hoping."),
        _("Most sightings of it turn out to be of something else."),
        _("It joins others at the back, and leaves first."),
        _("It comes closer only when it is sure that nobody is there."),
        _("It can stand behind a sapling for an hour, convinced that this works."),
        _("It comes out when everybody has gone, and checks twice that they have."),
    ),
    Temper.CALM: (
        _("It was startled once, and did not care for it."),
        _("It does everything at one speed, and is never late for anything that it knows about."),
        _("Storms, landslides and rivals all receive the same slow blink."),
        _("It finishes its mouthful before it considers the emergency."),
        _("It has nowhere to be, and is on its way there."),
        _("It yawns when threatened, and this has been known to work."),
        _("It has a plan for every danger, and the plan is to wait."),
    ),
    Temper.CURIOUS: (
        _("It examines anything new by standing on it."),
        _("It looks behind every rock, usually once too often."),
        _("It leaves no stone unturned, and puts none back."),
        _("It walks up to danger, tilts its head, and takes a closer look."),
        _("It puts things in its mouth to find out what they are, and is often right."),
        _("It has looked behind every waterfall in its range, and will do so again."),
    ),
    Temper.SOCIABLE: (
        _("It travels in a group, and has an opinion of every member."),
        _("It calls every few minutes, to make sure that nobody has left."),
        _("It shares its resting place with anyone who does not move away in time."),
        _("It is friends with several animals that do not know it."),
        _("Left alone, it starts a herd."),
        _("It greets each member of the group in turn, in an order that matters."),
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
        _("It sleeps with one eye open, and the eyes take turns."),
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
        _("It sighs before it does anything, and again if nobody noticed."),
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
        _("It eats ferns first and, for a change, ferns afterwards."),
        _("It eats for as long as it is awake, and then dreams about food."),
        _("It considers every bush carefully, and then eats it."),
        _("It knows every plant in its range by taste, and has a low opinion of most."),
        _("It picks up pebbles for its digestion, and larger stones by mistake."),
        _("It has eaten the landmarks of its territory, and now gets lost in it."),
        _("It prefers leaves that are slightly out of reach, and complains about the reach."),
        _("It tastes every plant twice, in case the first mouthful was an exception."),
        _("It saves the best shoots for last, and they are usually gone by then."),
        _("It chews with its eyes shut, which has led to some surprising meals."),
        _("It has been known to fall asleep with a branch in its mouth and finish it on waking."),
        _("It eats in a straight line, and has to be fetched back."),
        _("Whatever it is offered, it looks to see what the others are having."),
        _("It recommends the bark, and nobody has asked about the bark."),
        _("It can strip a bush in an hour, and then stands in the place where the shade was."),
    ),
    Diet.MEAT: (
        _("It hunts at dusk, and usually wishes that it had started earlier."),
        _("It follows its prey for hours, and sleeps for days."),
        _("It prefers prey that is slower than itself, and checks beforehand."),
        _("It catches one meal in five, and leaves the others as though it had not been hungry."),
        _("It hides leftovers with great care, and finds nearly half of them again."),
        _("It makes no sound when it hunts, apart from the swallowing."),
        _("It will not eat anything that looks it in the eye, so it approaches from behind."),
        _("It has a favourite ambush, which by now is known throughout the valley."),
        _("It eats quickly and regrets slowly."),
        _("It plans each hunt in detail, and then runs straight at something."),
    ),
    Diet.FISH: (
        _("It waits in the shallows for fish, and gives each of them a fair start."),
        _("It stands in the river until it is taken for a tree, and then until it is hungry."),
        _("It eats fish, smells of fish, and sees no connection."),
        _("It can tell nineteen kinds of fish apart, usually after swallowing."),
        _("It has strong views on the freshness of fish, and none on its own."),
        _("It fishes with great patience until there is a fish, and then with none."),
        _("The fish that escaped it has been growing longer for years."),
    ),
    Diet.INSECTS: (
        _("It eats insects one at a time, and loses count."),
        _("It snaps all day at things that fly, and at things that might."),
        _("It has yet to meet a beetle that it did not like."),
        _("It visits the same beetles daily, and they have stopped getting up for it."),
        _("It turns over a log, eats what runs, and puts the log back out of politeness."),
        _("It has been outwitted by individual ants, and remembers which."),
    ),
    Diet.ANYTHING: (
        _("It eats whatever is there, and then whatever was underneath."),
        _("It tries everything once, stones included."),
        _("It is not a fussy eater, as the ground around its nest confirms."),
        _("It eats leaves, eggs, lizards, and whatever somebody else was keeping for later."),
        _("It judges a meal by the size of the leftovers, of which there are none."),
        _("It has found a use for everything edible, and an excuse for the rest."),
    ),
}

FAMILIES: Mapping[Family, Sentences] = {
    Family.SMALL_THEROPOD: (
        _("It keeps to the undergrowth, and comes out with twigs on it and no explanation."),
        _("It guards its nest against anything up to twice its size, and glares at the rest."),
        _("It is always on the way to somewhere, and never seen to arrive."),
        _("It steals food with great skill, and has twice stolen its own."),
    ),
    Family.LARGE_THEROPOD: (
        _("It needs a territory the size of a small county, and is usually at the far end."),
        _("Other animals make way for it, usually well in advance."),
        _("Its arms are shorter than its ambitions."),
        _("It walks quietly for its size, which is not saying much."),
    ),
    Family.SPINOSAUR: (
        _("It swims well, walks adequately, and does not discuss the difference."),
        _("It spends more time in the water than out of it, and dries slowly."),
        _("It lies in the water like a log, and resents being sat on like one."),
        _("It is at home in two elements, and on good terms with neither."),
    ),
    Family.ORNITHOMIMID: (
        _("It can outrun anything that it notices in time."),
        _("Its stride is long, and its plans are short."),
        _("It looks over its shoulder while running, and has met several trees that way."),
        _("It arrives everywhere first, and then has to wait for a reason to be there."),
    ),
    Family.THERIZINOSAUR: (
        _("It pulls down whole branches with great ceremony, and eats one leaf."),
        _("It looks dangerous, and is mostly pruning."),
        _("It sits down to eat, and plans its day around not getting up."),
        _("It scratches its back with an accuracy that makes others nervous."),
    ),
    Family.SAUROPOD: (
        _("News from the tail reaches the head in due course."),
        _("It has never once looked where it puts its hind feet."),
        _("It has outgrown every tree under which it used to sleep."),
        _("It apologises to nobody for the noise, because it cannot hear it from up there."),
    ),
    Family.EARLY_SAUROPODOMORPH: (
        _("It walks on two legs or on four, and decides on the way."),
        _("It reaches for higher leaves than it needs, as if somebody had to start."),
        _("It rises on its hind legs to look important, and then for the view."),
        _("It eats stones to help its digestion, and has not asked the stones."),
    ),
    Family.STEGOSAUR: (
        _("It turns its tail towards visitors, which is not an invitation."),
        _("It thinks about one thing at a time, and has not finished with the first."),
        _("It carries its worries on its back, where it cannot see them."),
        _("It lowers its head to drink, and the rest of it goes up to see."),
    ),
    Family.ANKYLOSAUR: (
        _("When attacked, it lies down and waits for the other side to lose interest."),
        _("It goes through undergrowth rather than around it, and has not noticed a difference."),
        _("It is armoured on every side but one, and lies on that."),
        _("It does not look up, and leaves that side to its armour."),
    ),
    Family.CERATOPSIAN: (
        _("It settles disputes by lowering its head and letting the other one think."),
        _("It eats with its head on one side, so as to see past its own face."),
        _("It knows the way through any thicket, having made it."),
        _("In a herd it faces outwards, and does not discuss what it sees."),
    ),
    Family.HADROSAUR: (
        _("It has several hundred teeth for chewing, and means to use them all."),
        _("It chews everything forty times, and recounts."),
        _("It hums while it chews, and the herd has learned to bear it."),
        _("It raises its young with care, and counts them with less."),
    ),
    Family.PACHYCEPHALOSAUR: (
        _("It greets rivals head first, and friends more gently but also head first."),
        _("It has tested most of the local trees for firmness."),
        _("It thinks with its head, in the sense that it uses it for everything."),
        _("It backs away politely, which is how most of its fights begin."),
    ),
}

TRAITS: Mapping[Trait, Sentences] = {
    Trait.BROW_HORNS: (
        _("The brow horns grow all its life, as does its opinion of them."),
        _("The horns over its eyes are for show, and the show is well attended."),
        _("Its brow horns make low branches a recurring subject."),
        _("Its brow horns are the first thing that visitors see, and for some the last."),
    ),
    Trait.NOSE_HORN: (
        _("The horn on its nose is always in view, at least for its owner."),
        _("It uses the horn on its nose to move things that were fine where they were."),
        _("The horn on its nose is worn down by use, and the local rocks look worse."),
        _("It sharpens the horn on its nose before meetings."),
        _("It follows the horn on its nose, and rarely asks where they are going."),
    ),
    Trait.FRILL: (
        _("Its frill blushes when it is excited, which it denies."),
        _("Seen from the front, it is nearly all frill."),
        _("The frill is mostly for show, and the show is daily."),
        _("Rain collects in its frill, and it forgets this before it looks down."),
        _("It turns its frill to the sun, and its back on everybody else."),
    ),
    Trait.FRILL_SPIKES: (
        _("No two have the same spikes on the frill, and each considers its own the standard."),
        _("Rivals count the spikes on its frill, and generally leave it at that."),
        _("The spikes on its frill keep neighbours at a polite distance."),
        _("Leaves stick to the spikes on its frill, and it wears them until autumn."),
    ),
    Trait.PLATES: (
        _("The plates on its back warm it by day and creak by night."),
        _("It turns its plates to the sun until it is done on both sides."),
        _("The arrangement of its plates follows a rule, and every plate is an exception."),
        _("Its plates rattle when it laughs, or else when it is cold."),
        _("Small animals shelter between its plates, and are carried off without being asked."),
    ),
    Trait.SPIKES: (
        _("Its spikes point in every direction that trouble has ever come from."),
        _("Its spikes discourage predators and, regrettably, scratching."),
        _("It sheds a spike now and then, and guards it."),
        _("Its spikes rule out every way of lying down but one."),
        _("It hangs things on its spikes, and forgets them there."),
        _("Its neighbours leave it room, and its spikes take it."),
        _("It has been hugged once."),
    ),
    Trait.SAIL: (
        _("The sail on its back can be seen for miles, which makes hiding a formality."),
        _("The sail catches the wind on open ground, and the turn that follows looks intended."),
        _("The sail is warm by noon, and in the way all day."),
        _("Its sail is larger than its plans require."),
    ),
    Trait.TAIL_CLUB: (
        _("The club on its tail is heavier than it looks, as most nearby trees can confirm."),
        _("It swings its tail club before turning round, as a courtesy."),
        _("Nobody stands behind it twice."),
        _("It keeps time with its tail club, and the ground is not grateful."),
        _("Its tail club settles questions that its head has not understood."),
    ),
    Trait.CREST: (
        _("Its crest is brightest in spring, and most in the way."),
        _("Its crest is fragile, and everyone has been told."),
        _("It considers its crest its best feature, and stands accordingly."),
        _("Its crest has a shape of its own, about which opinions differ at a safe distance."),
        _("It combs its crest through bushes, and leaves them untidy."),
        _("Its crest makes it look taller, and it includes the crest when asked."),
    ),
    Trait.DOME: (
        _("The dome of its skull is solid, in every sense."),
        _("Its skull is built to take a blow, and it likes to make sure."),
        _("The dome is polished by use."),
        _("Fruit falls on its dome in season, and bounces."),
        _("It nods to agree, and everybody takes a step back."),
    ),
    Trait.FEATHERS: (
        _("Its feathers keep out the cold, and keep in the rain."),
        _("It raises its feathers when alarmed, and only looks softer."),
        _("It moults once a year, and does not receive visitors meanwhile."),
        _("Its feathers were in order this morning, and it says so."),
        _("It leaves feathers wherever it goes, and denies having been there."),
        _("It dries its feathers in the wind, facing the wrong way."),
        _("It fluffs up its feathers in winter, and looks twice as large and half as serious."),
    ),
    Trait.LARGE_CLAWS: (
        _("Its claws are longer than any use that it has found for them."),
        _("Its claws leave marks on trees, and the trees lean away."),
        _("Its claws are no use for delicate work, which is the only kind that it attempts."),
        _("It cannot scratch its nose without a certain amount of planning."),
        _("It taps its claws on stone when it waits, and it waits a lot."),
        _("Its claws leave marks on everything that it has been fond of."),
        _("With its claws it opens things that were better closed."),
    ),
    Trait.LARGE_TEETH: (
        _("It has slightly more teeth than it can close its mouth over."),
        _("It loses a tooth a week and grows two, which cannot go on."),
        _("Its teeth show even when it is resting, to save time."),
        _("It smiles at everyone, and few of them stay to see the end of it."),
        _("Something is always stuck between its teeth, and sometimes still complains."),
    ),
    Trait.LONG_NECK: (
        _("Its neck reaches food that its legs have not agreed to."),
        _("It has more neck than it can keep an eye on."),
        _("It can look at where it was without leaving where it is."),
        _("Its neck arrives at most meals first, and the rest in time for the last of it."),
        _("It sees trouble early, and then has to wait for it."),
        _("It remembers each meal twice, the second time halfway down."),
        _("Its head is often in one argument and its body in another."),
    ),
    Trait.LONG_TAIL: (
        _("Its tail balances its front, and clears whatever is behind."),
        _("Wherever it goes, its tail follows a little later, by another route."),
        _("Its tail turns every corner last, and knocks something over on the way."),
        _("Its tail has opinions of its own, and expresses them sideways."),
        _("It has tripped others, never itself, and calls this balance."),
        _("Its tail comes last, and expects to be waited for."),
    ),
    Trait.LARGE_HEAD: (
        _("Its head is a size too large, and is rested on logs."),
        _("Its head is too heavy for the rest of it, which has learned to lean back."),
        _("Most of it is head, and the rest has learned to follow."),
        _("When it lies down, the head goes first, and there is no stopping it."),
    ),
    Trait.LARGE_EYES: (
        _("Its large eyes see well in the dark, and look surprised by day."),
        _("Its eyes suggest that it has just been asked something difficult."),
        _("It blinks rarely, and one eye at a time."),
        _("It stares until others look away, and then goes on."),
        _("Its large eyes are fixed on the middle distance, and its expression forgives nothing."),
    ),
    Trait.HUMP: (
        _("Its high back stores fat for hard times, and the times have been good."),
        _("The purpose of its high back is disputed, though not by its owner."),
        _("The fat on its back is a reserve, which it does not like to touch."),
        _("Others ride on its high back, and it pretends not to know."),
    ),
    Trait.DEWLAP: (
        _("Its dewlap swells a moment before it calls, which spoils the surprise."),
        _("Its dewlap changes colour with its mood, which keeps arguments short."),
        _("Its dewlap swings as it walks, and sets the pace."),
        _("Its dewlap gets into everything that it eats."),
        _("Its dewlap goes on wobbling after it has made its point."),
    ),
}

THEMES: Mapping[Theme, Sentences] = {
    Theme.SEA: (
        _("It smells faintly of low tide, even after a dry month."),
        _("It bathes before breakfast, in any season."),
        _("It always knows the way to water, and very little else about geography."),
        _("It has been seen on both sides of the water, and never in between."),
    ),
    Theme.NIGHT: (
        _("It is up all night, and looks it."),
        _("It finds its way by the stars, and stays in when it is cloudy."),
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
        _("It stands under the tallest tree in a storm, and has had many trees."),
    ),
    Theme.ICE: (
        _("It winters where others would not summer."),
        _("Snow settles on its back, and is carried about until spring."),
        _("It is at ease in frost, and spends the thaw lying in streams."),
    ),
    Theme.SUN: (
        _("It turns all day to face the sun, for reasons of its own."),
        _("It lies in the sun all afternoon, and moves round the rock to keep up with it."),
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
        _("It is sure of foot on steep ground, and uneasy on the flat."),
        _("It winters high up, and summers higher."),
        _("It stops at every ridge, for the view."),
        _("It knows an easier way down the mountain, and does not mention it."),
    ),
    Theme.FLOWER: (
        _("It has a pleasant smell, for no reason that anyone has found."),
        _("It lines its nest with whatever smells best, and has to be reminded of the eggs."),
        _("It is fond of bright colours, its own first."),
    ),
}

BUILDS: Mapping[Build, Sentences] = {
    Build.SLENDER: (
        _("There is less of it than its length suggests."),
        _("Seen from the front, there is hardly any of it."),
        _("Its shadow is narrow, and on hot days it tries to stand in it."),
        _("It slips between trees that others have to discuss."),
    ),
    Build.STOUT: (
        _("It fits through most gaps once."),
        _("It is heavier than it looks, as soft ground has shown."),
        _("What it lacks in grace it makes up for in momentum."),
        _("It is wider than it remembers."),
        _("It takes slopes as they come, preferably downwards."),
    ),
}

SMALL: Sentences = (
    _("It is generally overlooked, in both senses."),
    _("It is small enough to be stepped on, and knows by whom."),
    _("Its footprints are small, and there are a great many."),
    _("It has been mistaken for its own young."),
    _("It lives in holes that others dug, and finds fault with them."),
)
LARGE: Sentences = (
    _("Its footprints fill with rain, and others use them as ponds."),
    _("Its shadow arrives some time before it does."),
    _("Getting up is an event, and the ground announces it."),
    _("It steps over most of its problems."),
    _("It sits down gently, and the ground does the rest."),
    _("What it leans on is usually replaced within a century or so."),
    _("It lies down by instalments."),
)

PATTERNS: Mapping[Pattern, Sentences] = {
    Pattern.STRIPES: (
        _("The stripes break up its outline, though not by enough."),
        _("Its stripes are like nobody else's, and it has checked."),
        _("Its stripes are narrower towards the tail, as though somebody had run out of room."),
        _("Seen among reeds, it is nothing but stripes and a certain smugness."),
        _("Its stripes make it look as if it were moving, which saves it the trouble."),
    ),
    Pattern.SPOTS: (
        _("The spots make it vanish in dappled light, and nowhere else."),
        _("Its spots fade with age, apart from one."),
        _("It has more spots on one side, and prefers to be approached from the other."),
        _("Its spots are arranged in a pattern that means nothing, and that it is proud of."),
    ),
    Pattern.SADDLES: (
        _("The patches on its back match nothing that it lives near."),
        _("The patches on its back look planned, and were not."),
        _("Every patch on its back has an edge that looks like a coastline."),
        _("The patches on its back are best seen from above, where nobody is."),
    ),
    Pattern.RINGS: (
        _("The rings on its tail do not show its age, and it is glad of that."),
        _("The rings on its tail are counted by its young, who never reach the same number."),
        _("The rings on its tail go all the way round, as far as it can see."),
    ),
    Pattern.PLAIN: (
        _("It has no markings, and regards them as a phase."),
        _("It is one colour throughout, and blames nobody."),
        _("It has no markings, and has never found out what they are for."),
    ),
}

ANTARCTICA: Sentences = (
    _("It sits out the polar night, and should not be disturbed until spring."),
    _("The polar summer has no night, so it sleeps when it feels like it."),
)


def description(profile: Profile) -> list[Phrase]:
    """Two sentences: what it does, and how it is made or where it is found."""
    genome = Genome(profile.name)
    kinds = (habits(profile), looks(profile))
    chosen: list[Phrase] = []
    for key, kind in zip(("habit", "look"), kinds, strict=True):
        sentences = genome.weigh(f"{key} kind", kind)
        chosen.append(genome.choose(key, sentences))
    return chosen


def habits(profile: Profile) -> dict[Sentences, int]:
    """First sentences that fit, in groups with their weights. Nothing swims in a desert."""
    groups = {TEMPERS[profile.temper]: 5}
    if profile.theme is not Theme.DESERT or profile.diet is not Diet.FISH:
        groups[DIETS[profile.diet]] = 3
    if profile.theme is not Theme.DESERT or profile.family is not Family.SPINOSAUR:
        groups[FAMILIES[profile.family]] = 2
    return groups


def looks(profile: Profile) -> dict[Sentences, int]:
    """Second sentences that fit, in groups with their weights."""
    groups = {TRAITS[trait]: 4 for trait in profile.traits}
    groups[PATTERNS[profile.pattern]] = 1
    if profile.theme in THEMES:
        groups[THEMES[profile.theme]] = 12
    longest = _LARGE
    if profile.build is Build.SLENDER:
        longest = 0.0 if profile.family in _BROAD else _LONG
    if profile.build in BUILDS and profile.length < longest:
        groups[BUILDS[profile.build]] = 2
    if profile.length <= _SMALL:
        groups[SMALL] = 6
    elif profile.length >= _LARGE:
        groups[LARGE] = 4
    if profile.region == "antarctica":
        groups[ANTARCTICA] = 8
    return groups
