// ---- Blocks of messages, modals and the home tab. mrkdwn is shown as it is written.

const words = (object) => (object ? object.text : "");
const safe = (url) => (/^https?:/.test(url) ? url : null);

function renderBlocks(blocks, source) {
  return blocks.map((block) => renderBlock(block, source));
}

function renderBlock(block, source) {
  switch (block.type) {
    case "section": return section(block, source);
    case "header": return el("h2", { class: "block text" }, words(block.text));
    case "divider": return el("hr");
    case "image": return el("img", { class: "picture", src: `local/files/${block.slack_file.id}`, alt: block.alt_text });
    case "context": return el("div", { class: "block context" }, ...block.elements.map((part) => el("span", { class: "text" }, words(part), " ")));
    case "actions": return el("div", { class: "block actions" }, ...block.elements.map((element) => interactive(block, element, source)));
    case "rich_text": return el("div", { class: "block" }, ...block.elements.map((part) => el("div", { class: "text" }, ...part.elements.map(richElement))));
    case "input": return el("div", { class: "block muted" }, words(block.label));
    default: return el("div", { class: "block muted" }, `[${block.type}]`);
  }
}

function section(block, source) {
  const parts = [];
  if (block.text) parts.push(el("div", { class: "text" }, words(block.text)));
  if (block.fields) parts.push(el("div", { class: "fields" }, ...block.fields.map((field) => el("div", { class: "text" }, words(field)))));
  if (block.accessory) parts.push(el("div", { class: "actions" }, interactive(block, block.accessory, source)));
  return el("div", { class: "block" }, ...parts);
}

function richElement(element) {
  let node;
  switch (element.type) {
    case "text": node = document.createTextNode(element.text); break;
    case "link": node = link(element); break;
    case "user": node = el("span", { class: "mention" }, `@${known.members[element.user_id] || element.user_id}`); break;
    case "channel": node = mentionOf(element.channel_id); break;
    case "broadcast": node = el("span", { class: "mention" }, `@${element.range}`); break;
    case "date": node = dateOf(element); break;
    default: node = document.createTextNode("");
  }
  const style = element.style || {};
  for (const [name, tag] of [["code", "code"], ["bold", "strong"], ["italic", "em"], ["strike", "s"]]) if (style[name]) node = el(tag, {}, node);
  return node;
}

// A link to a message that is here goes to it instead of to slack.com.
function link(element) {
  const here = /\/archives\/(\w+)\/p(\d+)(\d{6})$/.exec(element.url);
  const channel = here && [...known.channels, known.direct].find((each) => each.id === here[1]);
  if (!channel) return el("a", { href: safe(element.url), target: "_blank", rel: "noreferrer noopener" }, element.text || element.url);
  const jump = () => go({ channel: channel.id, isHome: false, target: `${here[2]}.${here[3]}` });
  return el("button", { type: "button", class: "jump", "data-name": element.url, onclick: jump }, element.text || `Message in ${channel.name ? `#${channel.name}` : known.bot}`);
}

function mentionOf(id) {
  const channel = known.channels.find((each) => each.id === id);
  if (!channel) return el("span", { class: "mention" }, `#${id}`);
  return el("button", { type: "button", class: "mention", "data-name": id, onclick: () => go({ channel: id, isHome: false }) }, `#${channel.name}`);
}

function dateOf(element) {
  const date = new Date(element.timestamp * 1000);
  const shown = (options) => date.toLocaleString([], options);
  const forms = {
    ago: () => relative(element.timestamp), time: () => clock(date), time_secs: () => shown({ timeStyle: "medium" }),
    date_num: () => shown({ dateStyle: "short" }), date_long: () => shown({ dateStyle: "full" }), date_long_pretty: () => pretty(date, { dateStyle: "full" }),
    date_short: () => shown({ dateStyle: "medium" }), date_short_pretty: () => pretty(date, { dateStyle: "medium" }), date_pretty: () => pretty(date, { dateStyle: "long" }),
  };
  const filled = element.format.replace(/\{(\w+)\}/g, (all, name) => (forms[name] || forms.date_pretty)());
  const text = filled.startsWith("\u200b") ? filled.slice(1) : capital(filled);
  return el("time", { title: date.toLocaleString(), datetime: date.toISOString(), "data-relative": element.format === "\u200b{ago}" ? element.timestamp : null }, text);
}

function pretty(date, otherwise) {
  return { "-1": "yesterday", 0: "today", 1: "tomorrow" }[daysFromNow(date)] || date.toLocaleString([], otherwise);
}

const capital = (text) => text.slice(0, 1).toUpperCase() + text.slice(1);

// ---- Interactive elements outside of forms

function interactive(block, element, source) {
  const name = `${block.block_id}/${element.action_id}`;
  const label = words(element.text) || words(element.placeholder) || element.action_id;
  if (element.type === "button") return button(element, label, name, source);
  if (element.type === "static_select" || element.type === "conversations_select") {
    const [choices, chosen] = element.type === "static_select"
      ? [element.options.map((option) => [option.value, words(option.text)]), element.initial_option && element.initial_option.value]
      : [known.channels.map((each) => [each.id, `#${each.name}`]), element.initial_conversation];
    const options = el("select", { "aria-label": label, "data-name": `${name} ${chosen || ""}` }, el("option", { value: "" }, label), ...choices.map(([value, shown]) => el("option", { value, selected: value === chosen }, shown)));
    options.addEventListener("change", () => act("press", { source, name, value: options.value }));
    return options;
  }
  return el("span", { class: "muted" }, `[${element.type}]`);
}

function button(element, label, name, source) {
  const press = () => act("press", { source, name });
  if (element.url) return el("a", { href: safe(element.url), target: "_blank", rel: "noreferrer noopener", onclick: press }, label);
  return el("button", { type: "button", class: element.style, "aria-label": element.accessibility_label, "data-name": name, onclick: press }, label);
}
