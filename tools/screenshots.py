"""Takes all pictures of the documentation that show the bot: `make screenshots`.

The bot runs in this process, on the simulators of both platforms and with the shipped weights, and
Chromium shows them. Names and verse differ each time, apart from the quatrain, the traced line and
the sheet of plates.
"""

import argparse
import asyncio
import base64
import io
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from html import escape
from itertools import product
from pathlib import Path
from typing import cast

import discord
from PIL import Image
from playwright.async_api import FloatRect, FrameLocator, Locator, Page, async_playwright, expect
from rich.console import Console

from bot.chat.app import App
from bot.creatures.animal import profile_of
from bot.features.jobs import Jobs
from bot.launch import Tokens
from bot.operate.serving.local import at_home
from bot.operate.serving.platforms import running_bot, slack_beside
from bot.pictures.line_trace import trace_picture
from bot.pictures.plates.plate import plate_svg
from bot.pictures.plates.scenery import HEIGHT, WIDTH
from bot.pictures.renderer import png_of_svg
from bot.platforms.discord.client import Mangosaurus
from bot.platforms.slack.client import SlackBot
from bot.platforms.slack.manifest import manifest
from bot.platforms.slack.names import CommandNames
from bot.polls.queries import Ballot, Polls
from bot.settings import Settings
from bot.words import WordFilter
from models.names.generator import NamesRequest, generate_names
from models.tasks import TASKS
from models.verse.dissection import trace_line
from models.verse.poem import FEW_PARTICLES, SonnetDraft, SonnetRequest, begin, extend
from simulators.both.server import SideBySide
from simulators.common.clock import MovableClock
from simulators.discord.server import LocalDiscord
from simulators.slack.server import LocalSlack

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
FOLDER = Path("docs/pictures")
PHONE, FORM, WIDE, HERO = (460, 1500), (460, 620), (1360, 720), (1220, 500)
"""Width and height in pixels: of most pages, a form, both platforms, and the first picture."""
SCALE = 1.5
QUALITY = 80
MOST_BYTES = 160_000
MARGIN = 8
ATTEMPTS = 20
BUTTONS = ".row button, .actions button"
"""Those below a message, on Discord and on Slack."""
WAIT_MS = 60_000
"""For what the networks write, and what a busy machine shows."""

DISCOVERED = (
    *("Mangosaurus", "Thunderotitan", "Lunaceratops", "Emberaptor", "Nightodon"),
    *("Frostostegus", "Velocinanus", "Brambledocus", "Pteridosaurus"),
)
"""Names in the museum, the newest first."""
SHOWN = "Therizinosaurus"
ON_TOP = ("Lunaceratops", "Thunderotitan", "Frostostegus")
"""Plates in the first picture."""
ELVES = [
    "".join(parts)
    for parts in product(
        ("Ela", "Galo", "Thiri", "Nimi", "Lore", "Faela", "Aeri"),
        ("riel", "wen", "dor", "lith", "mir", "nor", "thas"),
    )
]
OPENING = "When all the mighty beasts are turned to stone"
QUATRAIN = SonnetRequest(OPENING, seed=2, form="quatrain")
"""The best of its first eight seeds. Choose again when the weights change."""
TRACED, TRACED_LINE = SonnetRequest(seed=5, particles=FEW_PARTICLES), 14
SHEET = NamesRequest(count=40, seed=0)

HERO_PAGE = """<!doctype html>
<style>
  * { box-sizing: border-box; margin: 0 }
  body { display: flex; gap: 22px; padding: 22px; background: #efe4cc; color: #3b2a12;
    font: 16px/1.9 "Noto Serif", "DejaVu Serif", serif }
  img { display: block; width: 100%; border-radius: 10px; box-shadow: 0 2px 9px #0004 }
  #vote { width: 400px; flex: none }
  #rest { flex: 1; display: flex; flex-direction: column; justify-content: space-evenly }
  #plates, #below { display: flex; gap: 16px } #below { gap: 24px; align-items: center }
  #below > img { flex: none; width: 250px } p { white-space: nowrap }
  small { display: block; margin-top: 12px; color: #7a6540; font-size: 13px; line-height: 1.5 }
</style>
<div id="vote"><img src="VOTE"></div>
<div id="rest">
  <div id="plates">PLATES</div>
  <div id="below"><img src="PLAQUE"><div><p>LINES</p><small>COMMAND</small></div></div>
</div>
"""


class Photographer:
    """Acts as Mary on the pages, and takes pictures of them."""

    def __init__(
        self, page: Page, local: SideBySide, server: LocalDiscord, slack: LocalSlack
    ) -> None:
        self._page = page
        self._local, self._server, self._slack = local, server, slack

    async def take_all(self, bot: Mangosaurus, slack: SlackBot) -> None:
        """All pictures."""
        await self._open(self._slack.url, PHONE)
        await self._take_answer("sonnet", "/sonnet O mighty lizard, how thy footsteps fall")
        plates = [await self._plate(bot.app, name) for name in ON_TOP]
        await self._plate(bot.app, SHOWN)
        await self._take_answer("dinosaur", f"/dinosaur {SHOWN}", "Drawing of")
        await self._take_form()
        await self._open(self._server.url, PHONE)
        vote = await self._take_vote()
        await cast("Jobs", bot.jobs).polls.close_due(discord.utils.utcnow() + timedelta(hours=1))
        plaque = await self._seen("A plaque: ")
        await self._take_hero(vote, await plaque.screenshot(), plates)
        await self._open(self._server.url, PHONE)
        await self._answer("/dinoname ends_with:ceratops")
        await fill_museum(bot.app)
        await self._take_answer("museum", "/museum by:newest", "Drawings, in the order of the list")
        await self._take_answer("dissect", "/dissect name:Mangosaurus", "Mangosaurus")
        await self._take_namer()
        await self._take_both()

    async def _plate(self, app: App, name: str) -> bytes:
        """The plate of a name. The first one waits for the process that draws."""
        for _attempt in range(ATTEMPTS):
            if plate := await app.creature_pictures.plate(profile_of(name)):
                return plate
        raise TimeoutError(f"The plate of {name} could not be drawn.")

    async def _take_answer(self, name: str, line: str, picture: str = "") -> None:
        """Use a command. `picture` begins the alternative text of one to wait for."""
        answer = await self._answer(line)
        if picture:
            await self._seen(picture)
        await self._take(name, answer, self._messages.last)

    async def _take_form(self) -> None:
        await self._open(self._slack.url, FORM)
        await self._ask(self._page, "/dinoname ?")
        dialog = self._page.get_by_role("dialog")
        await dialog.get_by_label("Count").fill("4")
        await dialog.get_by_label("Ends with").fill("rap")
        await expect(dialog.get_by_role("option", name="-raptor")).to_be_visible()
        await self._take("form", dialog, margin=0)
        await dialog.get_by_role("button", name="Close").click()
        await expect(dialog).to_be_hidden()

    async def _take_vote(self) -> bytes:
        """A poll with a strip and the votes of several members."""
        strip = self._messages.last.get_by_role("img", name="From left to right: ")
        for _attempt in range(ATTEMPTS):  # a busy bot leaves the strip out
            if await strip.count():
                break
            await self._page.wait_for_timeout(2000)
            await self._answer("/dinoname starts_with:mango")
        await self._seen("From left to right: ")
        poll = self._messages.nth(await self._messages.count() - 1)
        message = self._server.messages[-1]
        names = poll.locator(BUTTONS)
        for place, member in ((1, self._server.admin), (3, self._server.state.guild.bot_owner)):
            await self._server.press(message, message.buttons[place].label, by=member)
        await names.nth(1).click()
        await expect(names.nth(1)).to_contain_text("· 2")
        await self._page.get_by_role("button", name="Dismiss message").click()
        return await self._take("vote", poll)

    async def _take_namer(self) -> None:
        options = {"name": "elves", "text": ", ".join(ELVES)}
        await self._server.run_command("namer create", options, by=self._server.admin)
        trained = self._messages.filter(has_text="elves is ready")
        await expect(trained.last).to_be_visible()
        await self._answer("/name namer:elves")
        # Without a part of the message above.
        await self._take("namer", trained.last, self._messages.last, margin=0)

    async def _take_both(self) -> None:
        await self._open(self._local.url, WIDE)
        discord_pane, slack_pane = map(self._page.frame_locator, ("#discord", "#slack"))
        for pane, line in (
            (slack_pane, "/dinoname ends_with:raptor"),
            (discord_pane, "/dinoname starts_with:draco"),
        ):
            answers = pane.locator("#log > *")
            before = await answers.count()
            await self._ask(pane, line)
            name = answers.nth(before).locator(BUTTONS).nth(1)
            await name.click()
            await expect(name).to_contain_text("· 1")
        await self._take("both", self._page.locator("body"), margin=0)

    async def _take_hero(self, vote: bytes, plaque: bytes, plates: Sequence[bytes]) -> None:
        """The first picture of the README: a poll, plates, its plaque and a quatrain."""
        lines = (await asyncio.to_thread(written, QUATRAIN, 4)).lines
        page = (
            HERO_PAGE.replace("VOTE", _address(vote))
            .replace(
                "PLATES", "".join(f'<div><img src="{_address(plate)}"></div>' for plate in plates)
            )
            .replace("PLAQUE", _address(plaque))
            .replace("LINES", "<br>".join(map(escape, lines)))
            .replace("COMMAND", f"/sonnet form:quatrain<br>opening:{OPENING}")
        )
        await self._open("about:blank", HERO)  # without the policy of the pages
        await self._page.set_content(page)
        await self._take("hero", self._page.locator("body"), margin=0)

    @property
    def _messages(self) -> Locator:
        return self._page.locator("#log > *")

    async def _seen(self, alternative: str) -> Locator:
        """The newest picture whose text begins like this, once it can be seen."""
        picture = self._page.get_by_role("img", name=alternative).last
        await expect(picture).to_be_visible()
        await picture.evaluate("image => image.decode()")
        return picture

    async def _open(self, address: str, size: tuple[int, int]) -> None:
        await self._page.set_viewport_size({"width": size[0], "height": size[1]})
        await self._page.goto(address)

    async def _answer(self, line: str) -> Locator:
        """Type a command, and wait for the buttons of its answer. A busy bot is asked again."""
        for _attempt in range(ATTEMPTS):
            answer = self._messages.nth(await self._messages.count())
            await self._ask(self._page, line)
            buttons, too_slow = answer.locator(BUTTONS), answer.get_by_text("try again")
            await expect(buttons.or_(too_slow).first).to_be_visible()
            if await buttons.count():
                break
        return answer

    async def _ask(self, pane: Page | FrameLocator, line: str) -> None:
        """Type a command."""
        text = pane.get_by_role("combobox", name="Message")
        await text.fill(line)
        await text.press("Enter")

    async def _take(self, name: str, *shown: Locator, margin: int = MARGIN) -> bytes:
        """Keep a picture of what is shown and of all between, and return it."""
        await self._page.mouse.move(1, 1)  # messages show a menu below the mouse
        boxes = [box for each in shown if (box := await each.bounding_box())]
        left, top = (max(min(box[side] for box in boxes) - margin, 0) for side in ("x", "y"))
        right = max(box["x"] + box["width"] for box in boxes) + margin
        bottom = max(box["y"] + box["height"] for box in boxes) + margin
        area: FloatRect = {"x": left, "y": top, "width": right - left, "height": bottom - top}
        picture = await self._page.screenshot(animations="disabled", clip=area)
        keep(name, picture)
        return picture


def _address(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode()


def keep(name: str, picture: bytes | Image.Image, most_bytes: int = MOST_BYTES) -> None:
    """Write a picture of the documentation. Raises ValueError if the file is too large."""
    image = picture if isinstance(picture, Image.Image) else Image.open(io.BytesIO(picture))
    path = FOLDER / f"{name}.webp"
    image.save(path, quality=QUALITY, method=6)
    size = path.stat().st_size
    Console().print(f"{path}: {size / 1000:.0f} kB")
    if size > most_bytes:
        raise ValueError(f"{path} has {size:,} bytes; at most {most_bytes:,} are allowed.")


def written(request: SonnetRequest, lines: int) -> SonnetDraft:
    """The first lines of a poem by the shipped weights."""
    trained = TASKS["sonnets"].load_shipped()
    draft = begin(trained, request)
    while len(draft.lines) < lines:
        (draft,) = extend(trained, [draft], WordFilter().allows)
    return draft


def sheet(names: Sequence[str]) -> Image.Image:
    """The plates of names in rows of five, transparent between them."""
    size, gap = (WIDTH * 2 // 5, HEIGHT * 2 // 5), 8
    wide, high = size[0] + gap, size[1] + gap
    picture = Image.new("RGBA", (5 * wide - gap, -(-len(names) // 5) * high - gap))
    for i, name in enumerate(names):
        plate = Image.open(io.BytesIO(png_of_svg(plate_svg(profile_of(name)))))
        picture.paste(plate.resize(size), (i % 5 * wide, i // 5 * high))
    return picture


def draw() -> None:
    """The pictures that need no chat: a line of verse, and forty plates."""
    accept = WordFilter().allows
    verse = TASKS["sonnets"].load_shipped()
    draft = written(TRACED, TRACED_LINE - 1)
    keep("verse-line", trace_picture(trace_line(verse, draft, accept)[1]))
    keep(
        "plates",
        sheet(generate_names(TASKS["names"].load_shipped(), SHEET, accept).names),
        2 * MOST_BYTES,
    )


async def fill_museum(app: App) -> None:
    """Let names have won on the days before, for the member and in the place of an open poll."""
    polls, now = app.store[Polls], app.now()
    (asked, *_others) = await polls.due(now + timedelta(hours=1))
    for days, name in enumerate(DISCOVERED, 1):
        at = now - timedelta(days=days)
        poll = replace(
            asked, id=secrets.randbits(62), message_id=None, names=(name,), votes=(0,), opened_at=at
        )
        await polls.open(replace(poll, closes_at=at + timedelta(minutes=1)))
        for member_id in range(1, 1 + poll.votes_needed):
            await polls.cast(Ballot(poll.id, member_id, 0), at)
        await polls.close(poll.id, at)
        await polls.announced(poll.id, at)


@asynccontextmanager
async def serving(
    server: LocalDiscord, workspace: LocalSlack, folder: Path
) -> AsyncIterator[tuple[Mangosaurus, SlackBot]]:
    """The bot on both simulators, without cooldowns."""
    settings = Settings(state_dir=folder, cooldown_seconds=0)
    home = at_home(settings, server.guild_id, workspace.workspace.id)
    with server.pointing_clients_here():
        async with running_bot(home, always_sync=True) as bot:
            tokens = Tokens("", workspace.bot_token, workspace.app_token)
            slack = slack_beside(bot, tokens, base_url=workspace.api_url, edit_s=0.1)
            tasks = [asyncio.create_task(work) for work in (bot.start(server.token), slack.run())]
            try:
                await asyncio.wait_for(slack.ready.wait(), 30)
                await server.wait_for(lambda: server.state.online, timeout_s=30)
                await bot.wait_until_ready()
                yield bot, slack
            finally:
                await bot.shut_down()
                for task in tasks:
                    task.cancel()
                    with suppress(asyncio.CancelledError):
                        await task


async def take_pictures() -> None:
    """Serve the bot, and take the pictures of its pages."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        raise SystemExit(f"No browser found: none of {', '.join(BROWSERS)} is on the PATH.")
    server, workspace = LocalDiscord(), LocalSlack(manifest=manifest(CommandNames()))
    with tempfile.TemporaryDirectory() as state:
        async with (
            SideBySide(server, workspace, MovableClock(), port=0) as local,
            serving(server, workspace, Path(state)) as (bot, slack),
            async_playwright() as playwright,
        ):
            expect.set_options(timeout=WAIT_MS)
            browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
            page = await browser.new_page(device_scale_factor=SCALE)
            page.set_default_timeout(WAIT_MS)
            await Photographer(page, local, server, workspace).take_all(bot, slack)
            await browser.close()


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    FOLDER.mkdir(exist_ok=True)
    draw()
    asyncio.run(take_pictures())
