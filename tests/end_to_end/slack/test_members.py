"""What members do on the simulated Slack: commands, buttons, modals, the home tab."""

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.platforms.local.limits import JSON
from bot.platforms.local.slack.forms import FormError
from bot.platforms.local.slack.records import Interaction, View
from bot.platforms.local.slack.server import LocalSlack
from bot.platforms.slack.manifest import manifest
from bot.platforms.slack.names import CommandNames
from tests.end_to_end.slack.conftest import Clock, Listener

OPTIONS = [{"text": {"type": "plain_text", "text": "Draco"}, "value": "draco"}]

MANIFEST: JSON = manifest(CommandNames())


def plain(text: str) -> JSON:
    return {"type": "plain_text", "text": text}


def row(*labels: str) -> JSON:
    buttons = [
        {"type": "button", "text": plain(label), "action_id": f"b{number}", "value": label.lower()}
        for number, label in enumerate(labels)
    ]
    return {"type": "actions", "elements": buttons}


def question(block_id: str, kind: str, *, optional: bool = False, **fields: object) -> JSON:
    element = {"type": kind, "action_id": block_id, **fields}
    label = plain(block_id.title())
    return {
        "type": "input",
        "block_id": block_id,
        "label": label,
        "element": element,
        "optional": optional,
    }


MODAL: JSON = {
    "type": "modal",
    "title": plain("Names"),
    "submit": plain("Write"),
    "callback_id": "names",
    "private_metadata": "C1",
    "blocks": [
        question("start", "external_select", optional=True, min_query_length=0),
        question("count", "number_input", is_decimal_allowed=False, min_value="1", max_value="5"),
        question("style", "static_select", options=OPTIONS, initial_option=OPTIONS[0]),
        question("list", "file_input", optional=True, filetypes=["txt"], max_files=1),
        question("name", "plain_text_input", optional=True, max_length=10),
    ],
}


async def respond(asked: Interaction, **body: object) -> tuple[int, str]:
    answer = await AsyncWebhookClient(asked.response_url).send_dict(dict(body))
    return answer.status_code, answer.body


# Commands and response_urls


async def test_command(slack: LocalSlack, listener: Listener) -> None:
    asked = slack.command(slack.guest, "/dinoname", "count:3", channel=slack.elsewhere)
    await asked.acknowledgement()
    payload = listener.payload
    assert payload["command"] == "/dinoname"
    assert payload["user_id"] == slack.guest.id
    assert payload["channel_id"] == slack.elsewhere.id
    assert payload["team_id"] == slack.workspace.id
    assert await respond(asked, text="Three names", response_type="in_channel") == (200, "ok")
    message = await asked.answer()
    assert (message.text, message.only_for) == ("Three names", None)


async def test_manifest() -> None:
    """What the app's manifest lacks does not exist."""
    async with LocalSlack(port=0, manifest=MANIFEST) as slack:
        assert slack.command(slack.member, "/dinoname").failure == "dispatch_failed"
        said = slack.say(slack.member, "hello")
        callback_id = MANIFEST["features"]["shortcuts"][0]["callback_id"]
        assert slack.shortcut(slack.member, callback_id, said).failure == "dispatch_failed"
        assert slack.open_home(slack.member)
        with pytest.raises(LookupError, match="/dino is not in the manifest"):
            slack.command(slack.member, "/dino")
        with pytest.raises(LookupError, match="names is not"):
            slack.shortcut(slack.member, "names")
        with pytest.raises(LookupError, match="reaction_added"):
            slack.send_event({"type": "reaction_added"})


async def test_answer_in_acknowledgement(slack: LocalSlack, listener: Listener) -> None:
    listener.answer = lambda request: {"text": "hello"}
    message = await slack.command(slack.member, "/about").answer()
    assert message.only_for is slack.member


async def test_posted_answer(slack: LocalSlack, listener: Listener, web: AsyncWebClient) -> None:
    asked = slack.command(slack.member, "/dinoname")
    await web.chat_postMessage(channel=slack.channel.id, text="A name")
    assert (await asked.answer()).text == "A name"


async def test_response_url_ends(slack: LocalSlack, listener: Listener, clock: Clock) -> None:
    asked = slack.command(slack.member, "/dinoname")
    for number in range(5):
        assert (await respond(asked, text=f"{number}"))[0] == 200
    status, body = await respond(asked, text="x")
    assert status == 404
    assert "used_url" in body
    late = slack.command(slack.member, "/dinoname")
    clock.now += 1801
    status, body = await respond(late, text="x")
    assert status == 404
    assert "expired_url" in body
    assert len(slack.messages) == 5


async def test_invalid_answers(slack: LocalSlack, listener: Listener) -> None:
    asked = slack.command(slack.member, "/dinoname")
    assert await respond(asked, text="x", blocks=[{"type": "dance"}]) == (400, "invalid_blocks")
    assert await respond(asked, text="") == (400, "no_text")


async def test_command_answers_cannot_be_replaced(slack: LocalSlack, listener: Listener) -> None:
    asked = slack.command(slack.member, "/dinoname")
    await respond(asked, text="…")
    await respond(asked, text="Names", replace_original=True)
    assert [message.text for message in slack.messages] == ["…", "Names"]


# Buttons


async def test_press(slack: LocalSlack, listener: Listener, web: AsyncWebClient) -> None:
    await web.chat_postMessage(channel=slack.channel.id, text="x", blocks=[row("Again", "Vote")])
    (message,) = slack.messages
    asked = slack.press(slack.member, message, "Vote")
    await asked.acknowledgement()
    (action,) = listener.payload["actions"]
    assert (action["action_id"], action["value"]) == ("b1", "vote")
    assert listener.payload["message"]["ts"] == message.ts
    await web.chat_update(channel=slack.channel.id, ts=message.ts, text="voted", blocks=[])
    assert await asked.answer() is message
    with pytest.raises(LookupError):
        slack.press(slack.member, message, "Vote")


async def test_ephemeral_is_replaced(slack: LocalSlack, listener: Listener) -> None:
    """By the response_url of a press on it; it is not repeated in the payload."""
    asked = slack.command(slack.member, "/dinoname")
    await respond(asked, text="x", blocks=[row("Again")])
    message = await asked.answer()
    with pytest.raises(LookupError):
        slack.press(slack.guest, message, "Again")
    pressed = slack.press(slack.member, message, "Again")
    await pressed.acknowledgement()
    assert "message" not in listener.payload
    assert listener.payload["container"]["is_ephemeral"]
    await respond(pressed, text="y", replace_original=True)
    assert [message.text for message in slack.messages] == ["y"]
    await respond(pressed, text="z", replace_original=False)
    assert [message.text for message in slack.messages] == ["y", "z"]
    await respond(pressed, delete_original=True)
    assert [message.text for message in slack.messages] == ["z"]


# Modals


async def opened(slack: LocalSlack, web: AsyncWebClient) -> View:
    """A modal that the member sees."""
    asked = slack.command(slack.member, "/dinoname", "?")
    await asked.acknowledgement()
    await web.views_open(trigger_id=asked.payload["trigger_id"], view=MODAL)
    return await asked.opened()


async def test_modal(slack: LocalSlack, listener: Listener, web: AsyncWebClient) -> None:
    view = await opened(slack, web)
    assert slack.modal(slack.member) is view
    listener.answer = lambda request: {"options": OPTIONS}
    assert await slack.suggest(slack.member, view, "start", "dr") == OPTIONS
    assert listener.payload["value"] == "dr"
    listener.answer = lambda request: None
    file = slack.upload(slack.member, "list.txt", b"Bilbo")
    values = {"Start": "draco", "count": 3, "list": file}
    await slack.submit(slack.member, view, values).acknowledgement()
    submitted = listener.payload["view"]
    state = submitted["state"]["values"]
    assert submitted["private_metadata"] == "C1"
    assert state["start"]["start"]["selected_option"]["value"] == "draco"
    assert state["count"]["count"] == {"type": "number_input", "value": "3"}
    assert state["style"]["style"]["selected_option"] == OPTIONS[0]
    assert state["list"]["list"]["files"][0]["id"] == file.id
    assert state["name"]["name"]["value"] is None
    assert slack.modal(slack.member) is None


@pytest.mark.parametrize(
    "values",
    [{}, {"count": 6}, {"count": 1.5}, {"count": "many"}, {"count": 1, "name": "x" * 11}],
)
async def test_incomplete_form(
    slack: LocalSlack, listener: Listener, web: AsyncWebClient, values: JSON
) -> None:
    view = await opened(slack, web)
    with pytest.raises(FormError):
        slack.submit(slack.member, view, values)
    await slack.submit(slack.member, view, values, forged=True).acknowledgement()


async def test_answers_to_submissions(
    slack: LocalSlack, listener: Listener, web: AsyncWebClient
) -> None:
    view = await opened(slack, web)

    async def submitted(answer: JSON) -> Interaction:
        listener.answer = lambda request: answer
        asked = slack.submit(slack.member, view, {"count": 1})
        await asked.acknowledgement()
        return asked

    asked = await submitted({"response_action": "errors", "errors": {"count": "Too many."}})
    assert asked.errors == {"count": "Too many."}
    assert view.is_open
    wrong = await submitted({"response_action": "errors", "errors": {"size": "Too many."}})
    assert "size" in wrong.rejection
    done = {"type": "modal", "title": plain("Done"), "blocks": [row("Again")]}
    pushed = await submitted({"response_action": "push", "view": done})
    assert slack.modal(slack.member) is pushed.view
    await submitted({"response_action": "clear"})
    assert slack.modal(slack.member) is None


async def test_triggers_end(
    slack: LocalSlack, listener: Listener, web: AsyncWebClient, clock: Clock
) -> None:
    async def error(trigger_id: str) -> str:
        with pytest.raises(SlackApiError) as caught:
            await web.views_open(trigger_id=trigger_id, view=MODAL)
        return str(caught.value.response["error"])

    used = slack.command(slack.member, "/dinoname", "?").payload["trigger_id"]
    await web.views_open(trigger_id=used, view=MODAL)
    assert await error(used) == "exchanged_trigger_id"
    late = slack.command(slack.member, "/dinoname", "?").payload["trigger_id"]
    clock.now += 3.1
    assert await error(late) == "expired_trigger_id"
    assert await error("1.2.3") == "invalid_trigger_id"


@pytest.mark.parametrize(
    "change",
    [
        {"title": plain("x" * 25)},
        {"private_metadata": "x" * 3001},
        {"blocks": [row("x")] * 101},
        {"submit": plain("")},
        {"type": "home"},
        {"blocks": [question("count", "number_input")]},
    ],
)
async def test_invalid_modal(
    slack: LocalSlack, listener: Listener, web: AsyncWebClient, change: JSON
) -> None:
    asked = slack.command(slack.member, "/dinoname", "?")
    with pytest.raises(SlackApiError) as caught:
        await web.views_open(trigger_id=asked.payload["trigger_id"], view=MODAL | change)
    assert caught.value.response["error"] == "invalid_arguments"
    assert asked.view is None


async def test_modal_update(slack: LocalSlack, listener: Listener, web: AsyncWebClient) -> None:
    view = await opened(slack, web)
    before = view.hash
    changed = MODAL | {"title": plain("Changed")}
    await web.views_update(view_id=view.id, view=changed, hash=before)
    assert view.words.startswith("Changed")
    with pytest.raises(SlackApiError) as caught:
        await web.views_update(view_id=view.id, view=changed, hash=before)
    assert caught.value.response["error"] == "hash_conflict"
    assert slack.close_view(slack.member, view) is None
    with pytest.raises(SlackApiError) as caught:
        await web.views_update(view_id=view.id, view=changed)
    assert caught.value.response["error"] == "not_found"


@pytest.mark.parametrize(
    "options", [[{"text": plain("x" * 76), "value": "x"}], OPTIONS * 101, [{"text": plain("x")}]]
)
async def test_invalid_suggestions(
    slack: LocalSlack, listener: Listener, web: AsyncWebClient, options: list[JSON]
) -> None:
    view = await opened(slack, web)
    listener.answer = lambda request: {"options": options}
    assert await slack.suggest(slack.member, view, "start") == []
    assert slack.state.interactions[-1].rejection


# The home tab, shortcuts and events


async def test_home(slack: LocalSlack, listener: Listener, web: AsyncWebClient) -> None:
    asked = slack.open_home(slack.member)
    await asked.acknowledgement()
    event = listener.payload["event"]
    assert (event["type"], event["user"]) == ("app_home_opened", slack.member.id)
    assert "view" not in event
    home = {"type": "home", "blocks": [row("Names")]}
    await web.views_publish(user_id=slack.member.id, view=home)
    view = slack.home(slack.member)
    assert view is not None
    assert slack.home(slack.admin) is None
    await slack.press(slack.member, view, "Names").acknowledgement()
    assert listener.payload["view"]["id"] == view.id
    assert "response_url" not in listener.payload
    await slack.open_home(slack.member).acknowledgement()
    assert listener.payload["event"]["view"]["id"] == view.id


async def test_shortcut(slack: LocalSlack, listener: Listener, web: AsyncWebClient) -> None:
    asked = slack.shortcut(slack.member, "names")
    await asked.acknowledgement()
    assert (listener.payload["type"], listener.payload["callback_id"]) == ("shortcut", "names")
    await web.views_open(trigger_id=listener.payload["trigger_id"], view=MODAL)
    assert (await asked.opened()).content["callback_id"] == "names"


async def test_message_shortcut(slack: LocalSlack, listener: Listener) -> None:
    said = slack.say(slack.member, "hello")
    await slack.shortcut(slack.member, "remove", said).acknowledgement()
    assert listener.payload["type"] == "message_action"
    assert listener.payload["message"]["text"] == "hello"


async def test_forged_payload(slack: LocalSlack, listener: Listener) -> None:
    await slack.forge("interactive", {"type": "block_actions", "actions": "none"}).acknowledgement()
    assert listener.payload["actions"] == "none"
