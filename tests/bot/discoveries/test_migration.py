"""Winners of 0.7.0, which enter the museum when the tables are upgraded."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, text

from bot.creatures.animal import profile_of
from bot.discoveries.queries import MOST_OWNED, Discoveries
from bot.store import Database, Store, migrations
from bot.store.people import Person
from tests.texts import WORDS

BEGIN = datetime(2026, 1, 1, 12, tzinfo=UTC)
LETTERS = "abcdefghijklmnopqrstuvwxyz"
ADA, BOB = 11, 12


async def test_earlier_winners(empty_database: Database) -> None:
    """Oldest first, up to as many as a collection has, however many of a day there are."""
    names = [f"{a}{b}saurus" for a in LETTERS for b in LETTERS][: MOST_OWNED + 1]
    winners: list[tuple[str, int, int | None, str | None]] = [
        ("Minmi", 1, BOB, None),
        ("MINMI", 1, ADA, None),
        *((name, 1, ADA, None) for name in names),
        ("Minmi", 2, ADA, None),
        ("Lostsaurus", 2, None, None),
        ("Elrond", 2, ADA, "elves"),
        ("Мангозавр", 2, ADA, None),
    ]
    async with empty_database.changing() as connection:
        await connection.run_sync(lambda each: migrations.upgrade(each, "0009"))
        await connection.run_sync(lambda each: insert(each, winners))
    await empty_database.migrate()
    museum = Store(empty_database)[Discoveries]
    assert await museum.count(1) == len(names) + 1
    assert await museum.count(1, BOB) == 1
    owned = await museum.exhibits(WORDS, 1, owner_id=ADA, most=1000)
    assert [each.name for each in owned] == names[MOST_OWNED - 1 :: -1]
    shown = await museum.exhibits(WORDS, 2)
    facts = [(each.name, each.discoverer, each.owner_id) for each in shown]
    assert facts == [("Lostsaurus", None, None), ("Minmi", Person(ADA), ADA)]
    await museum.complete(1)
    await museum.complete(1)
    families = await museum.exhibits(WORDS, 1, order="family", most=1)
    assert families[0].profile == profile_of(families[0].name)
    first = await museum.named(1, "minmi")
    assert first is not None
    assert (first.poll_id, first.found_at, first.profile) == (1, BEGIN, profile_of("Minmi"))


def insert(connection: Connection, winners: list[tuple[str, int, int | None, str | None]]) -> None:
    """Polls that closed one after the other, stored in another order."""
    for i, (name, community, member, namer) in reversed([*enumerate(winners)]):
        at = BEGIN + timedelta(minutes=i)
        facts: dict[str, object] = {
            "id": i + 1,
            "community": community,
            "member": member,
            "namer": namer,
        }
        facts |= {"at": at if connection.dialect.name != "sqlite" else f"{at:%Y-%m-%d %H:%M:%S.%f}"}
        connection.execute(
            text(
                "INSERT INTO polls (id, community_id, channel_id, member_id, custom_model, note, "
                "footer, state, opened_at, closes_at, closed_at, winner, winner_votes) VALUES "
                "(:id, :community, 2, :member, :namer, '', '', '', :at, :at, :at, 0, 1)"
            ),
            facts,
        )
        connection.execute(
            text("INSERT INTO candidates (poll_id, position, name) VALUES (:id, 0, :name)"),
            {"id": i + 1, "name": name},
        )
