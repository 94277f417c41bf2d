// ---- Elements of messages

const state = { as: "member", me: null, bot: null, members: [], channel: null, commands: [], known: null, messages: new Map(), waiting: new Map() };
const COMMAND = 2, COMPONENT = 3, EPHEMERAL = 64, LOADING = 128;
const STRING = 3, INTEGER = 4, BOOLEAN = 5, NUMBER = 10, ATTACHMENT = 11;

function dots() {
  return el("span", { class: "dots", "aria-hidden": "true" }, el("i"), el("i"), el("i"));
}

function avatar(user, extra = "") {
  const node = el("div", { class: `avatar ${extra}`, "aria-hidden": "true" });
  if (!user.bot) {
    node.textContent = [...displayName(user)][0];
    node.style.background = user.id === state.admin ? "#9b59b6" : "#3a86a8";
    return node;
  }
  node.style.background = "var(--mango)";
  node.append(svg(SAUROPOD));
  return node;
}

const displayName = (user) => user.global_name || user.username;
const local = (url) => (url.includes("/attachments/") ? new URL(url).pathname : url);
function day(date) {
  const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(date).setHours(0, 0, 0, 0)) / 86400000);
  return days === 0 ? `Today at ${clock(date)}` : days === 1 ? `Yesterday at ${clock(date)}` : `${date.toLocaleDateString()} ${clock(date)}`;
}
