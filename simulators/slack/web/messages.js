// ---- Messages, the thread beside them, and the menu of each with the app's shortcuts

const COLOURS = { member: MEMBER, admin: ADMIN, owner: ADMIN, guest: "#d98c2b" };
const avatar = (name, isBot, role = "member", extra = "") => avatarOf(name, isBot, COLOURS[role], extra);
const roleOf = (id) => (known.people.find((each) => each.id === id) || {}).role;

function showMessages(state) {
  const replies = new Map();  // by ts of their first message
  for (const message of state.messages) if (isReply(message, state)) replies.set(message.thread, [...(replies.get(message.thread) || []), message]);
  const items = [
    ...state.messages.filter((message) => !isReply(message, state)).map((message) => [message.ts, { ...message, replies: (replies.get(message.ts) || []).length }, messageNode]),
    ...state.failures.map((failure) => [failure.ts, failure, failureNode]),
  ].sort((a, b) => Number(a[0]) - Number(b[0]));
  let day = "";
  for (const item of items) {
    const today = capital(pretty(new Date(Number(item[0]) * 1000), { dateStyle: "full" }));
    item[1] = { ...item[1], day: today === day ? null : today };
    day = today;
  }
  draw($("log"), items);
  showThread(replies);
  if (place.isHome) return;
  const target = drawn.get(`log ${place.target}`);
  place.target = "";
  if (target) { scrolling.stay(); target.node.scrollIntoView({ block: "center" }); } else scrolling.update();
}

const isReply = (message, state) => message.thread && state.messages.some((each) => each.ts === message.thread);

const dayNode = (day) => (day ? el("div", { class: "day" }, el("span", {}, day)) : null);
const onlyNode = () => el("div", { class: "only" }, el("span", { "aria-hidden": "true" }, "👁 "), "Only visible to you");

function messageNode(message) {
  const date = new Date(Number(message.ts) * 1000);
  const classes = ["message", message.private && "private", message.pinged && "pinged"].filter(Boolean).join(" ");
  const edited = message.edited ? el("span", { class: "edited" }, "(edited)") : null;
  const content = message.blocks.length ? renderBlocks(message.blocks, message.ts) : message.text ? [el("div", { class: "text" }, message.text)] : [];
  if (edited) { const last = content.findLast((node) => node.querySelector(".text")) || content[0]; if (last) (last.querySelector(".text:last-child") || last).append(" ", edited); }
  return el("li", { class: classes, "data-ts": message.ts },
    dayNode(message.day),
    message.private ? onlyNode() : null,
    avatar(message.author, message.is_bot, roleOf(message.author_id)),
    el("div", { class: "meta" }, el("b", {}, message.author), message.is_bot ? el("small", {}, "APP") : null, " ", el("time", { datetime: date.toISOString(), title: date.toLocaleString() }, clock(date))),
    ...content, ...message.files.map(fileNode),
    message.replies ? el("button", { type: "button", class: "replies", onclick: () => openThread(message.ts) }, avatar(known.bot, true, "", "tiny"), `${message.replies} ${message.replies === 1 ? "reply" : "replies"}`) : null,
    message.private ? null : el("button", { type: "button", class: "more", "aria-label": "More actions", "aria-haspopup": "menu", onclick: (event) => openMenu(event.currentTarget, message) }, "⋮"));
}

function fileNode(file) {
  if (file.is_deleted) return el("div", { class: "block muted" }, "This file was deleted.");
  if (!file.is_image) return download(file.name, file.url, file.size);
  const image = el("img", { class: "picture", src: file.url, alt: file.alt || file.name });
  return el("figure", { class: "block" }, el("figcaption", {}, `${file.name} ▾`), el("a", { href: file.url, target: "_blank", rel: "noopener" }, image));
}

function failureNode(failure) {
  return el("li", { class: "message private" },
    dayNode(failure.day),
    onlyNode(),
    avatar("Slackbot", false), el("div", { class: "meta" }, el("b", {}, "Slackbot")),
    el("div", { class: "text" }, `${failure.title} failed with the error “${failure.failure}”.`));
}

// ---- The menu of a message

let owner = null;  // the button that has opened it

function openMenu(button, message) {
  closeMenu();
  owner = button;
  const item = (choose, ...content) => el("li", { role: "none" }, el("button", { type: "button", role: "menuitem", onclick: () => { closeMenu(); choose(); } }, ...content));
  const address = `${known.address}archives/${known.channel}/p${message.ts.replace(".", "")}`;
  const items = [
    ...known.shortcuts.map((shortcut) => item(() => act("shortcut", { source: message.ts, name: shortcut.callback_id }), avatar(known.bot, true, "", "tiny"), shortcut.name)),
    item(() => copy(address), el("span", { class: "sign", "aria-hidden": "true" }, "🔗"), "Copy link"),
  ];
  $("menu").replaceChildren(...items);
  $("menu").hidden = false;
  const box = button.getBoundingClientRect(), size = $("menu").getBoundingClientRect();
  $("menu").style.left = `${Math.max(8, box.right - size.width)}px`;
  $("menu").style.top = `${Math.min(box.bottom + 4, innerHeight - size.height - 8)}px`;
  items[0].firstChild.focus();
}

async function copy(address) {
  try { await navigator.clipboard.writeText(address); } catch { complain(`The browser does not let this page copy: ${address}`); }
}

function closeMenu() {
  $("menu").hidden = true;
  owner = null;
}

$("menu").addEventListener("keydown", (event) => {
  const items = [...$("menu").querySelectorAll("button")], step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.key === "Escape") { const button = owner; closeMenu(); button.focus(); } else if (event.key === "Tab") closeMenu();
  else if (step) items[(items.indexOf(document.activeElement) + step + items.length) % items.length].focus();
  else return;
  if (event.key !== "Tab") event.preventDefault();
});
document.addEventListener("mousedown", (event) => { if (!$("menu").contains(event.target)) closeMenu(); });
$("scroll").addEventListener("scroll", closeMenu);

// ---- The thread

function openThread(ts) {
  place.thread = ts;
  show(known);
  $("close-thread").focus();
}

function showThread(replies) {
  const first = known.messages.find((message) => message.ts === place.thread);
  $("thread").hidden = !first || place.isHome;
  if (!first) return;
  draw($("replies"), [first, ...(replies.get(first.ts) || [])].map((message) => [message.ts, { ...message, replies: 0 }, messageNode]));
}

function closeThread() {
  place.thread = "";
  show(known);
  $("text").focus();
}

$("close-thread").addEventListener("click", closeThread);
$("thread").addEventListener("keydown", (event) => { if (event.key === "Escape") closeThread(); });
