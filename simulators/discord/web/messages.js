// ---- Messages

const isAdministrator = (user) => known.administrators.includes(user.id);
const avatar = (user, extra) => avatarOf(displayName(user), user.bot, isAdministrator(user) ? ADMIN : MEMBER, extra);
const dots = () => el("span", { class: "dots", "aria-hidden": "true" }, el("i"), el("i"), el("i"));
const local = (url) => (url.includes("/attachments/") ? new URL(url).pathname : url);

function day(date) {
  const named = { 0: "Today at ", "-1": "Yesterday at " }[daysFromNow(date)];
  return (named || `${date.toLocaleDateString()} `) + clock(date);
}

function renderEmbed(embed) {
  const node = el("article", { class: "embed" });
  if (embed.color) node.style.borderLeftColor = `#${embed.color.toString(16).padStart(6, "0")}`;
  if (embed.author) node.append(el("div", { class: "author" }, embed.author.name));
  if (embed.title) node.append(el("div", { class: "title" }, embed.url ? link(embed.url, inline(embed.title)) : inline(embed.title)));
  if (embed.description) node.append(el("div", { class: "content" }, markdown(embed.description)));
  if (embed.fields && embed.fields.length) node.append(renderFields(embed.fields));
  if (embed.thumbnail) node.append(el("img", { class: "thumbnail", src: local(embed.thumbnail.url), alt: "" }));
  if (embed.image) node.append(el("img", { class: "picture", src: local(embed.image.url), alt: embed.image.description || "", width: embed.image.width, height: embed.image.height }));
  const foot = [embed.footer && embed.footer.text, embed.timestamp && day(new Date(embed.timestamp))].filter(Boolean);
  if (foot.length) node.append(el("footer", {}, foot.join(" • ")));
  return node;
}

function renderFields(fields) {
  const box = el("div", { class: "fields" });
  for (let i = 0; i < fields.length; ) {
    let run = 1;  // inline fields share a line, three at most
    if (fields[i].inline) while (run < 3 && fields[i + run] && fields[i + run].inline) run += 1;
    for (const field of fields.slice(i, i + run)) {
      const cell = el("div", {}, el("b", {}, inline(field.name)), el("div", { class: "content" }, markdown(field.value)));
      cell.style.gridColumn = field.inline && run > 1 ? `span ${6 / run}` : field.inline ? "span 2" : "1 / -1";
      box.append(cell);
    }
    i += run;
  }
  return box;
}

function renderFile(file) {
  const url = local(file.url);
  if ((file.content_type || "").startsWith("image/")) {
    const image = el("img", { class: "picture", src: url, alt: file.description || file.filename, width: file.width, height: file.height });
    return el("a", { href: url, target: "_blank", rel: "noopener" }, image);
  }
  return download(file.filename, url, file.size);
}

function renderButton(message, button, asked) {
  const emoji = button.emoji && button.emoji.name ? el("span", { "aria-hidden": "true" }, button.emoji.name) : null;
  if (button.style === 5) return el("a", { href: button.url, target: "_blank", rel: "noreferrer noopener" }, emoji, button.label || "", " ↗");
  const isPressed = asked && asked.custom_id === button.custom_id && asked.status === "waiting";
  const press = () => act("press", { message: message.id, custom_id: button.custom_id });
  return el("button", {
    type: "button", class: `style${button.style}${isPressed ? " busy" : ""}`, disabled: button.disabled, "data-name": button.custom_id,
    "aria-busy": isPressed ? "true" : null,
    "aria-label": button.label || (button.emoji && button.emoji.name),
    onclick: (event) => { if (!event.currentTarget.hasAttribute("aria-busy")) press(); },
  }, ...(isPressed ? [dots()] : [emoji, button.label || ""]));
}

function renderContext(message, target) {
  if (message.asked && message.asked.kind === COMMAND && message.type === 20) return commandContext(message.asked);
  if (!message.message_reference) return null;
  if (!target) return el("div", { class: "context" }, el("i", {}, "Original message was deleted"));
  const said = target.content || (target.embeds[0] && (target.embeds[0].title || target.embeds[0].description)) || "Click to see attachment";
  return el("div", { class: "context" }, avatar(target.author, "tiny"), el("b", {}, displayName(target.author)), el("span", { class: "said" }, inline(said.split("\n")[0])));
}

function commandContext(asked) {
  return el("div", { class: "context" }, avatar(asked.by, "tiny"), el("b", {}, displayName(asked.by)), " used ", el("span", { class: "command" }, asked.title));
}

function shell(id, author, timestamp, context, classes) {
  const date = new Date(timestamp);
  const name = el("span", { class: `name${isAdministrator(author) ? " admin" : ""}` }, displayName(author));
  return el("li", { class: `message ${classes}`, id: `m${id}` },
    context, avatar(author),
    el("div", { class: "meta" }, name, author.bot ? el("span", { class: "tag" }, "APP") : null,
      el("time", { datetime: timestamp, title: date.toLocaleString() }, day(date))));
}

// asked: the newest press of the member on it, if that is not answered.
function renderMessage({ message, previous, target, asked }) {
  const context = renderContext(message, target);
  const hidden = Boolean(message.flags & EPHEMERAL);
  const date = new Date(message.timestamp);
  const grouped = !context && previous && previous.author.id === message.author.id && !(previous.flags & EPHEMERAL)
    && !hidden && date - new Date(previous.timestamp) < 420000;
  const pinged = message.mention_everyone || message.mentions.some((user) => user.id === known.me.id);
  const classes = [hidden ? "private" : "", pinged ? "pinged" : "", context ? "reply" : "", grouped ? "grouped" : ""].join(" ");
  const node = grouped
    ? el("li", { class: `message ${classes}`, id: `m${message.id}` }, el("time", { class: "when", datetime: message.timestamp }, clock(date)))
    : shell(message.id, message.author, message.timestamp, context, classes);
  if (message.flags & LOADING) {
    node.append(message.failed
      ? el("div", { class: "failure" }, "The application did not respond")
      : el("div", { class: "pending" }, dots(), `${displayName(message.author)} is thinking…`));
  } else {
    const edited = message.edited_timestamp ? el("span", { class: "edited", title: new Date(message.edited_timestamp).toLocaleString() }, " (edited)") : null;
    if (message.content || edited) node.append(el("div", { class: "content" }, markdown(message.content), edited));
    node.append(...message.attachments.map(renderFile), ...message.embeds.map(renderEmbed));
    for (const row of message.components) node.append(el("div", { class: "row" }, ...row.components.map((part) => (part.type === 2 ? renderButton(message, part, asked) : renderSelect(message, part)))));
  }
  if (asked && asked.status === "failed") node.append(el("div", { class: "failure", role: "alert" }, "This interaction failed"));
  if (hidden) node.append(note(() => act("dismiss", { message: message.id })));
  return node;
}

const dismissed = new Set();  // commands without an answer, by id

function renderWaiting(asked) {
  const failed = asked.status === "failed";
  const node = shell(asked.id, known.bot, new Date(asked.created_at * 1000).toISOString(), commandContext(asked), `reply${failed ? " private" : ""}`);
  if (failed) node.append(el("div", { class: "failure", role: "alert" }, "The application did not respond"), note(() => { dismissed.add(asked.id); showMessages(); }));
  else node.append(el("div", { class: "pending" }, "Sending command…"));
  return node;
}

function note(dismiss) {
  return el("div", { class: "note" }, "👁 Only you can see this • ", el("button", { type: "button", onclick: dismiss }, "Dismiss message"));
}

function showMessages() {
  const byId = new Map(known.messages.map((message) => [message.id, message]));
  const presses = new Map(known.waiting.filter((asked) => asked.source).map((asked) => [asked.source, asked]));
  const items = known.messages.map((message, index) => [new Date(message.timestamp), message.id, {
    message, previous: known.messages[index - 1], target: message.message_reference && byId.get(message.message_reference.message_id), asked: presses.get(message.id),
  }, renderMessage]);
  const commands = known.waiting.filter((asked) => !asked.source && !dismissed.has(asked.id));
  items.push(...commands.map((asked) => [new Date(asked.created_at * 1000), asked.id, asked, renderWaiting]));
  draw($("log"), items.sort((a, b) => a[0] - b[0]).map(([, ...item]) => item));
  scrolling.update();
}
