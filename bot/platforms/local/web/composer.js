// ---- Composer: messages, typed commands, and the list of commands

const text = $("text");
const popup = suggestionsIn($("popup"));

function grow(field) {
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight}px`;
}

function offerCommands() {
  if (!text.value.startsWith("/") || document.activeElement !== text) { if (popup.field === text) popup.close(); return; }
  const typed = text.value.slice(1).toLowerCase();
  const rank = (name) => (name.startsWith(typed) ? 0 : name.includes(typed) ? 1 : 2);
  const found = state.commands.filter((command) => rank(command.name) < 2).sort((a, b) => rank(a.name) - rank(b.name));
  const items = found.map((command) => ({
    value: command,
    node: el("div", {}, el("div", { class: "title" }, `/${command.name}`, ...command.options.map((option) => el("span", {}, option.name))), el("small", {}, command.description)),
  }));
  popup.open(text, items, startCommand, typed.includes(" ") ? "" : `No command /${typed} for ${displayName(state.me)}.`);
}

text.addEventListener("input", () => { grow(text); complain(""); offerCommands(); });
text.addEventListener("focus", offerCommands);
text.addEventListener("blur", popup.close);
text.addEventListener("keydown", async (event) => {
  if (popup.key(event) || event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  const content = text.value;
  await state.known;
  if (text.value !== content) return;
  const typed = parseTyped(content);
  if (typed && typed.problem) { popup.close(); complain(typed.problem); return; }
  if (typed) { runTyped(typed); return; }
  if (content.trim() && await send("say", { content })) { text.value = ""; grow(text); scrolling.toBottom(); }
});

document.addEventListener("keydown", (event) => {
  const typing = /^(INPUT|TEXTAREA|SELECT|BUTTON|A)$/.test(document.activeElement.tagName);
  if (!typing && event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) text.focus();
});
