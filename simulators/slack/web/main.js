// ---- The Slack page: the place that is shown

const PLANE = "M4 4.5 29 16 4 27.5 6.5 17.5 18 16 6.5 14.5z";
Object.assign(place, { isHome: false, thread: "", target: "" });
Object.assign(known, { members: {}, channels: [], people: [] });

function go(change) {
  move({ thread: "", target: "", ...change });
  toggleSidebar(false);
  if (place.isHome) {
    scrolling.stay();
    $("scroll").scrollTop = 0;
    act("home", {});
  } else {
    scrolling.toBottom();
    text.focus();
  }
}

let began = "";  // messages before are not new

function show(state) {
  const hadCommands = known.commands.length > 0;
  began = began || String(now() / 1000);
  known = { ...state, began };
  Object.assign(place, { as: state.as, channel: state.channel });
  banner(state.connected ? "" : `${state.bot} is not connected, so commands are not answered yet.`);
  showPlaces(known);
  showHome(known);
  showMessages(known);
  showModal(known.modal);
  if (!hadCommands) offerCommands();
}

// ---- The sidebar, the tabs of the app, and who acts

const read = new Map();  // the newest message that a member has seen, by member and channel

function showPlaces(state) {
  $("workspace").textContent = state.workspace;
  showPeople(state);
  const isDirect = place.channel === state.direct.id;
  const current = [...state.channels, state.direct].find((each) => each.id === place.channel);
  if (!place.isHome && !document.hidden) read.set(`${place.as} ${current.id}`, current.newest);
  const unread = (each) => each.newest > (read.get(`${place.as} ${each.id}`) || state.began);
  replaceIfNew($("channels"), state.channels.map((each) => placeNode("#", each.name, !isDirect && each.id === place.channel, unread(each), { channel: each.id, isHome: false })));
  replaceIfNew($("apps"), [placeNode(null, state.bot, isDirect, unread(state.direct), { channel: state.direct.id, isHome: !unread(state.direct) })]);
  const tabs = [["Home", true], ["Messages", false]].map(([name, isHome]) => el("button", {
    type: "button", role: "tab", "aria-selected": String(place.isHome === isHome), onclick: () => go({ isHome }),
  }, name));
  $("tabs").hidden = !isDirect;
  replaceIfNew($("tabs"), tabs);
  const title = isDirect ? state.bot : `# ${current.name}`;
  $("title").textContent = document.title = title;
  showFirst(state, isDirect || current.joined);
  text.placeholder = `Message ${isDirect ? state.bot : `#${current.name}`}`;
  $("welcome").hidden = place.isHome;
  $("welcome").children[0].textContent = title;
  $("welcome").children[1].textContent = isDirect ? `This is the very beginning of your direct messages with ${state.bot}, which nobody else sees.`
    : `This page simulates Slack on your own machine, and nothing leaves it. ${current.joined ? "Type / to see the commands." : `${state.bot} is not in this channel. Type /invite @${state.bot} to add it.`}`;
}

function placeNode(sign, name, isHere, isUnread, there) {
  return el("li", {}, el("button", { type: "button", class: isUnread ? "unread" : null, "aria-current": isHere ? "page" : null, "data-name": `${there.channel} ${there.isHome}`, onclick: () => go(there) },
    sign ? el("span", { "aria-hidden": "true" }, sign) : avatar(name, true, "", "tiny"), name));
}

// Guests may not use what takes the networks' time.
const FOR_GUESTS = { halloffame: "🏛️ Hall of fame", champion: "👑 Today's champion", help: FIRST.help };

function showFirst(state, hasBot) {
  const ofBot = roleOf(state.as) === "guest" ? FOR_GUESTS : FIRST;
  offerFirst(hasBot ? ofBot : { invite: `Add ${state.bot}` }, (each) => each.command, (each) => act("write", { text: each.app ? `${each.command} @${state.bot}` : each.command }));
}

function showPeople(state) {
  const inputs = $("who").querySelectorAll("input");
  if (inputs.length !== state.people.length) {
    $("who").replaceChildren($("who").querySelector("legend"), ...state.people.map((each) => el("label", {},
      el("input", { type: "radio", name: "who", value: each.id, onchange: () => go({ as: each.id, channel: place.channel === known.direct.id ? "" : place.channel, isHome: false }) }), el("span", {}, each.name, " ", el("small", {}, each.role)))));
  }
  for (const input of $("who").querySelectorAll("input")) input.checked = input.value === state.as;
}

function showHome(state) {
  $("home").hidden = !place.isHome;
  $("log").hidden = $("composer").hidden = place.isHome;
  const key = state.home ? `${state.home.id} ${state.home.hash}` : "none";
  if ($("home").dataset.shown === key) return;
  $("home").dataset.shown = key;
  $("home").replaceChildren(...(state.home
    ? renderBlocks(state.home.blocks, state.home.id)
    : [el("p", { class: "muted" }, `${state.bot} has not published a home tab yet.`)]));
}

function toggleSidebar(open) {
  document.body.classList.toggle("open", open);
  $("open").setAttribute("aria-expanded", String(document.body.classList.contains("open")));
}

$("open").addEventListener("click", () => toggleSidebar());

// ---- The list of commands

function commandItem(command) {
  const app = command.app || known.bot;
  return el("div", { class: "command" }, app === known.bot ? avatar(app, true) : avatar(app, false),
    el("div", {}, el("div", { class: "title" }, command.command, el("span", {}, command.usage_hint || "")), el("small", {}, command.description)), el("em", {}, app));
}

function offerCommands() {
  const typed = text.value;
  if (!typed.startsWith("/") || typed.includes("\n") || document.activeElement !== text) { popup.close(); return; }
  if (typed.includes(" ")) { hint(typed); return; }
  const name = typed.slice(1).toLowerCase();
  const commands = found(name, (command) => command.command.slice(1));
  const isWhole = commands.some((each) => each.command === typed);  // then Enter sends it
  popup.open(text, commands.map((each) => ({ value: each, node: commandItem(each) })), complete, "", isWhole ? NONE : 0);
}

// What can be typed after a command.
function hint(typed) {
  const command = known.commands.find((each) => each.command === typed.split(" ")[0]);
  popup.open(text, [], null, command && command.usage_hint ? `${command.command} ${command.usage_hint}` : "");
}

function complete(command) {
  write(`${command.command} `);
  hint(text.value);
}

async function enter(written) {
  popup.close();
  if (!written.trim()) return;
  const result = await act("write", { text: written });
  if (!result.problem && text.value === written) write("");
  scrolling.toBottom();
}

$("bar").addEventListener("submit", (event) => { event.preventDefault(); enter(text.value); });
$("slash").addEventListener("click", () => { if (!text.value) text.value = "/"; text.focus(); offerCommands(); });
$("send").append(svg(PLANE));

showIcon("#3f0e40");
text.focus();
follow();
