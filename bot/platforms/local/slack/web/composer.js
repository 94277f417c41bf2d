// ---- Composer: messages, and the list of commands

const text = $("text");
const popup = suggestionsIn($("popup"));

function grow() {
  text.style.height = "auto";
  text.style.height = `${text.scrollHeight}px`;
}

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
  const rank = (command) => (command.startsWith(`/${name}`) ? 0 : command.includes(name) ? 1 : 2);
  const found = known.commands.filter((each) => rank(each.command) < 2).sort((a, b) => rank(a.command) - rank(b.command));
  const isWhole = found.some((each) => each.command === typed);  // then Enter sends it
  popup.open(text, found.map((each) => ({ value: each, node: commandItem(each) })), complete, "", isWhole ? NONE : 0);
}

// What can be typed after a command.
function hint(typed) {
  const command = known.commands.find((each) => each.command === typed.split(" ")[0]);
  popup.open(text, [], null, command && command.usage_hint ? `${command.command} ${command.usage_hint}` : "");
}

function complete(command) {
  text.value = `${command.command} `;
  grow();
  hint(text.value);
}

async function send() {
  const written = text.value;
  popup.close();
  if (!written.trim()) return;
  const result = await act("write", { text: written });
  if (!result.problem && text.value === written) { text.value = ""; grow(); }
  scrolling.toBottom();
}

text.addEventListener("input", () => { grow(); complain(""); offerCommands(); });
text.addEventListener("focus", offerCommands);
text.addEventListener("blur", popup.close);
text.addEventListener("keydown", (event) => {
  if (popup.key(event) || event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  send();
});
$("bar").addEventListener("submit", (event) => { event.preventDefault(); send(); });
$("slash").addEventListener("click", () => { if (!text.value) text.value = "/"; text.focus(); offerCommands(); });
$("send").append(svg(PLANE));
