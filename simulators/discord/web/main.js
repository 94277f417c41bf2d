// ---- The Discord page

const COMMAND = 2, EPHEMERAL = 64, LOADING = 128;
const STRING = 3, INTEGER = 4, BOOLEAN = 5, ATTACHMENT = 11;
const displayName = (user) => user.global_name || user.username;

function show(state) {
  const isNew = !known.me || known.me.id !== state.me.id || !known.seen;
  const hasOtherCommands = JSON.stringify(known.commands) !== JSON.stringify(state.commands);
  known = state;
  const { channel, bot } = state;
  $("channel").textContent = $("channel2").textContent = channel.name;
  $("topic").textContent = channel.topic;
  text.placeholder = `Message #${channel.name}`;
  document.title = `#${channel.name} | ${state.guild}`;
  if (!state.online) banner(`${displayName(bot)} is not connected, so commands are not answered yet.`);
  else banner(state.joined ? "" : `${displayName(bot)} is not in this server, so it has no commands here.`);
  showMessages();
  showForm(state.form);
  offerFirst(FIRST, (command) => command.name, (command) => act("run", { name: command.name, options: {} }));
  if (isNew) scrolling.toBottom();
  if (isNew || hasOtherCommands) offerCommands();
}

function offerCommands() {
  if (!text.value.startsWith("/") || document.activeElement !== text) { if (popup.field === text) popup.close(); return; }
  const typed = text.value.slice(1).toLowerCase();
  const items = found(typed, (command) => command.name).map((command) => ({
    value: command,
    node: el("div", {}, el("div", { class: "title" }, `/${command.name}`, ...command.options.map((option) => el("span", {}, option.name))), el("small", {}, command.description)),
  }));
  popup.open(text, items, startCommand, typed.includes(" ") ? "" : `No command /${typed} for ${known.me ? displayName(known.me) : "you"}.`);
}

async function enter(content) {
  await arrival;  // what the member may use
  if (text.value !== content) return;
  const typed = parseTyped(content);
  if (typed && typed.problem) { popup.close(); complain(typed.problem); return; }
  if (typed) { runTyped(typed); return; }
  if (content.trim() && !(await act("say", { content })).problem) { write(""); scrolling.toBottom(); }
}

document.addEventListener("keydown", (event) => {
  const typing = /^(INPUT|TEXTAREA|SELECT|BUTTON|A)$/.test(document.activeElement.tagName);
  if (!typing && event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) text.focus();
});
document.querySelectorAll("#who input").forEach((input) => input.addEventListener("change", () => {
  if (filling) stopCommand();
  move({ as: input.value });
}));
document.querySelector("#who input[value=member]").checked = true;
place.as = "member";
showIcon(MANGO);
text.focus();
follow();
