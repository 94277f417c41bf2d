// ---- The place that is shown, and what the simulator says about it

const place = { as: "", channel: "", isHome: false };
const drawn = new Map();  // nodes of messages by ts, with what they show
let asking = null;  // aborts the request for the state

async function follow() {
  for (;;) {
    asking = new AbortController();
    const query = new URLSearchParams({ csrf, as: place.as, channel: place.channel, seen: known.seen || "" });
    try {
      const answer = await fetch(`local/state?${query}`, { signal: asking.signal, cache: "no-store" });
      if (answer.status === 403) { location.reload(); return; }
      show(await answer.json());
    } catch (error) {
      if (error.name === "AbortError") continue;
      banner("The connection to the bot is lost.");
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
}

function go(change) {
  Object.assign(place, change);
  known = { ...known, seen: "" };
  $("log").replaceChildren();
  drawn.clear();
  complain("");
  if (place.isHome) act("home", {});
  asking.abort();
}

function show(state) {
  known = state;
  Object.assign(place, { as: state.as, channel: state.channel });
  banner(state.connected ? "" : `${state.bot} is not connected, so commands are not answered yet.`);
  showPlaces(state);
  showCommands(state);
  showHome(state);
  showMessages(state);
  showModal(state.modal);
}

function showPlaces(state) {
  if ($("who").children.length !== state.people.length) {
    $("who").replaceChildren(...state.people.map((each) => el("option", { value: each.id }, `${each.name} (${each.role})`)));
  }
  $("who").value = state.as;
  const places = [
    ...state.channels.map((channel) => [`# ${channel.name}`, { channel: channel.id, isHome: false }, channel.joined ? "" : `${state.bot} is not in this channel.`]),
    [`${state.bot}: messages`, { channel: state.direct, isHome: false }, "Direct messages."],
    [`${state.bot}: home`, { channel: state.direct, isHome: true }, "The home tab."],
  ];
  const isHere = ([, there]) => there.channel === place.channel && there.isHome === place.isHome;
  const [title, , about] = places.find(isHere);
  if ($("title").textContent === title && $("about").textContent === about) return;
  $("title").textContent = document.title = title;
  $("about").textContent = about;
  $("places").replaceChildren(...places.map((each) => el("li", {}, el("button", {
    type: "button", "aria-current": isHere(each) ? "page" : null, onclick: () => go(each[1]),
  }, each[0]))));
}

function showHome(state) {
  $("home").hidden = !place.isHome;
  $("log").hidden = $("composer").hidden = place.isHome;
  const key = state.home ? `${state.home.id} ${state.home.hash}` : "none";
  if ($("home").dataset.shown === key) return;
  $("home").dataset.shown = key;
  $("home").replaceChildren(...(state.home
    ? renderBlocks(state.home.blocks, state.home.id)
    : [el("p", { class: "muted" }, `${state.bot} has not published a home tab.`)]));
}

function showCommands(state) {
  if ($("commands").children.length === state.commands.length) return;
  $("commands").replaceChildren(...state.commands.map((each) => el("option", { value: each.command }, [each.usage_hint, each.description].filter(Boolean).join(" · "))));
}

function showMessages(state) {
  const bottom = $("scroll").scrollHeight - $("scroll").scrollTop - $("scroll").clientHeight < 40;
  const items = [
    ...state.messages.map((message) => [message.ts, message, messageNode]),
    ...state.failures.map((failure) => [failure.ts, failure, failureNode]),
  ].sort((a, b) => Number(a[0]) - Number(b[0]));
  const nodes = items.map(([ts, item, draw]) => {
    const key = JSON.stringify(item);
    if (!drawn.has(ts) || drawn.get(ts).key !== key) drawn.set(ts, { key, node: draw(item) });
    return drawn.get(ts).node;
  });
  const present = [...$("log").children];
  present.filter((node) => !nodes.includes(node)).forEach((node) => node.remove());
  nodes.forEach((node, index) => { if ($("log").children[index] !== node) $("log").insertBefore(node, $("log").children[index] || null); });
  if (bottom) $("scroll").scrollTop = $("scroll").scrollHeight;
}

function messageNode(message) {
  const time = new Date(Number(message.ts) * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  const files = message.files.map((file) => (file.is_image
    ? el("img", { class: "picture", src: file.url, alt: file.alt || file.name })
    : el("div", {}, el("a", { href: file.url, download: file.name }, file.name))));
  return el("li", { class: [message.private && "private", message.pinged && "pinged"].filter(Boolean).join(" "), "data-ts": message.ts },
    message.private ? el("div", { class: "muted" }, "Only visible to you") : null,
    el("b", {}, message.author, message.is_bot ? el("small", {}, "APP") : null), el("time", {}, time),
    ...(message.blocks.length ? renderBlocks(message.blocks, message.ts) : [el("div", { class: "text" }, message.text)]),
    message.edited ? el("span", { class: "muted" }, "(edited)") : null,
    ...files);
}

function failureNode(failure) {
  return el("li", { class: "private failure" }, `${failure.title} failed with the error “${failure.failure}”.`);
}

// ---- Writing

showIcon("#3f0e40");
$("who").addEventListener("change", () => go({ as: $("who").value, channel: "", isHome: false }));
$("text").placeholder = "Message, or / for a command";
$("composer").addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = $("text").value;
  if (!text.trim()) return;
  const result = await act("write", { text });
  if (!result.problem && $("text").value === text) $("text").value = "";
  $("scroll").scrollTop = $("scroll").scrollHeight;
});
$("text").focus();
follow();
