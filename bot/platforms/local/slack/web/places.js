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

// Replace the children of a node unless they are the same, down to their data-name: so a click is never lost.
function replaceIfNew(node, children) {
  const shown = children.map((child) => child.outerHTML).join("");
  if (node.dataset.shown === shown) return;
  node.dataset.shown = shown;
  node.replaceChildren(...children);
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
