let known = { members: {}, channels: [], messages: [], people: [] };  // what the simulator has sent

const COLOURS = { member: "#3a86a8", admin: "#9b59b6", owner: "#9b59b6", guest: "#d98c2b" };
const PLANE = "M4 4.5 29 16 4 27.5 6.5 17.5 18 16 6.5 14.5z";

function act(what, body, files = {}) {
  const form = new FormData();
  form.append("payload", JSON.stringify({ do: what, as: place.as, channel: place.channel, ...body }));
  for (const [name, file] of Object.entries(files)) form.append(name, file);
  complain("");
  return sent(form);
}

async function sent(form) {
  try {
    const answer = await fetch("local/act", { method: "POST", body: form, headers: { "X-Local-Csrf": csrf } });
    if (!answer.ok) throw new Error(await answer.text());
    const result = await answer.json();
    if (result.problem) complain(result.problem);
    return result;
  } catch (error) {
    complain(error instanceof TypeError ? "The bot cannot be reached. Is it running?" : error.message);
    return { problem: "unreachable" };
  }
}

function avatar(name, isBot, role = "member", extra = "") {
  const node = el("div", { class: `avatar ${extra}`, "aria-hidden": "true" }, isBot ? svg(SAUROPOD) : [...name][0]);
  node.style.background = isBot ? "#f0932b" : COLOURS[role];
  return node;
}

const roleOf = (id) => (known.people.find((each) => each.id === id) || {}).role;
