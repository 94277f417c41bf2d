// ---- Connection to the simulator: server-sent events, and requests

let source = null;
let arrived = () => {};

function listen() {
  if (source) source.close();
  // What the member may use arrives with the snapshot.
  state.known = new Promise((resolve) => { arrived = resolve; });
  source = new EventSource(`local/events?csrf=${encodeURIComponent(csrf)}&as=${state.as}`);
  source.onmessage = (event) => receive(JSON.parse(event.data));
  source.onerror = () => {
    banner("The connection to the bot is lost. This page reloads when the bot is back.");
    if (source.readyState === EventSource.CLOSED) setTimeout(revive, 1000);
  };
}

function revive() {
  fetch("./", { cache: "no-store" }).then(() => location.reload(), () => setTimeout(revive, 1000));
}

function receive(event) {
  if (event.type === "snapshot") snapshot(event);
  else if (event.type === "message") showMessage(event.message);
  else if (event.type === "delete") removeMessage(event.id);
  else if (event.type === "interaction") showInteraction(event.interaction);
  else if (event.type === "commands") { state.commands = event.commands; offerCommands(); }
  else if (event.type === "online") online(event);
}

function snapshot(event) {
  Object.assign(state, { me: event.me, bot: event.bot, admin: event.admin, members: event.members, channel: event.channel.id, commands: event.commands, messages: new Map(), waiting: new Map() });
  $("channel").textContent = $("channel2").textContent = event.channel.name;
  $("topic").textContent = event.channel.topic;
  $("text").placeholder = `Message #${event.channel.name}, or / for a command`;
  document.title = `#${event.channel.name} | ${event.guild}`;
  $("log").replaceChildren();
  event.messages.forEach(showMessage);
  event.waiting.forEach(showInteraction);
  online(event);
  arrived();
  offerCommands();
  scrolling.toBottom();
}

function online({ online: connected, joined }) {
  const name = displayName(state.bot);
  if (!connected) banner(`${name} is not connected, so commands are not answered yet.`);
  else banner(joined ? "" : `${name} is not in this server, so it has no commands here.`);
}

async function send(what, body, files = {}) {
  const form = new FormData();
  form.append("payload_json", JSON.stringify({ ...body, as: state.as }));
  for (const [name, file] of Object.entries(files)) form.append(name, file);
  if (what !== "complete") complain("");  // suggestions come while the member reads what is wrong
  let answer;
  try {
    answer = await fetch(`local/${what}`, { method: "POST", body: form, headers: { "X-Local-Csrf": csrf } });
  } catch { complain("The bot cannot be reached. Is it running?"); return null; }
  const text = await answer.text();
  if (answer.ok) return JSON.parse(text);
  let message = text;
  try { const error = JSON.parse(text); message = [error.message, ...flatten(error.errors)].join("\n"); } catch { /* plain text */ }
  complain(message);
  return null;
}

function flatten(errors, path = "") {
  if (!errors) return [];
  return Object.entries(errors).flatMap(([key, value]) => key === "_errors"
    ? value.map((error) => `${path}: ${error.message}`)
    : flatten(value, path ? `${path}.${key}` : key));
}

function press(message, customId) {
  send("press", { message: message.id, custom_id: customId });
}
