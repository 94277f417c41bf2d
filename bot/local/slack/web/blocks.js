// ---- Blocks of messages, modals and the home tab. mrkdwn is shown as it is written.

const words = (object) => (object ? object.text : "");
const everyone = (range) => el("span", { class: "mention" }, `@${range}`);

function renderBlocks(blocks, source) {
  return blocks.map((block) => renderBlock(block, source));
}

function renderBlock(block, source) {
  switch (block.type) {
    case "section": return section(block, source);
    case "header": return el("h2", { class: "block text" }, words(block.text));
    case "divider": return el("hr");
    case "markdown": return el("div", { class: "block text" }, block.text);
    case "context": return el("div", { class: "block muted" }, ...block.elements.map((part) => (part.type === "image" ? picture(part) : el("span", { class: "text" }, words(part), " "))));
    case "actions": return el("div", { class: "block actions" }, ...block.elements.map((element) => interactive(block, element, source)));
    case "image": return el("figure", { class: "block" }, picture(block), block.title ? el("figcaption", {}, words(block.title)) : null);
    case "rich_text": return el("div", { class: "block" }, ...block.elements.map(richPart));
    case "input": return el("div", { class: "block muted" }, words(block.label));
    default: return el("div", { class: "block muted" }, `[${block.type}]`);
  }
}

function section(block, source) {
  const parts = [];
  if (block.text) parts.push(el("div", { class: "text" }, words(block.text)));
  if (block.fields) parts.push(el("div", { class: "fields" }, ...block.fields.map((field) => el("div", { class: "text" }, words(field)))));
  if (block.accessory) parts.push(block.accessory.type === "image" ? picture(block.accessory) : el("div", { class: "actions" }, interactive(block, block.accessory, source)));
  return el("div", { class: "block" }, ...parts);
}

function picture(image) {
  if (!image.slack_file) return el("span", { class: "muted" }, `[${image.alt_text}]`);  // nothing is loaded from elsewhere
  return el("img", { class: "picture", src: `local/files/${image.slack_file.id}`, alt: image.alt_text });
}

function richPart(part) {
  const pieces = () => (part.elements || []).map(richElement);
  switch (part.type) {
    case "rich_text_list": return el(part.style === "ordered" ? "ol" : "ul", { class: "block" }, ...part.elements.map((item) => el("li", { class: "text" }, ...item.elements.map(richElement))));
    case "rich_text_quote": return el("blockquote", { class: "block text" }, ...pieces());
    case "rich_text_preformatted": return el("pre", { class: "block" }, ...pieces());
    default: return el("div", { class: "text" }, ...pieces());
  }
}

function richElement(element) {
  let node;
  switch (element.type) {
    case "text": node = document.createTextNode(element.text); break;
    case "link": node = el("a", { href: /^https?:/.test(element.url) ? element.url : null, target: "_blank", rel: "noreferrer noopener" }, element.text || element.url); break;
    case "user": node = el("span", { class: "mention" }, `@${known.members[element.user_id] || element.user_id}`); break;
    case "channel": node = el("span", { class: "mention" }, `#${(known.channels.find((channel) => channel.id === element.channel_id) || {}).name || element.channel_id}`); break;
    case "broadcast": node = everyone(element.range); break;
    case "emoji": node = document.createTextNode(element.unicode ? String.fromCodePoint(...element.unicode.split("-").map((code) => parseInt(code, 16))) : `:${element.name}:`); break;
    case "date": node = el("time", {}, element.fallback || new Date(element.timestamp * 1000).toLocaleString()); break;
    default: node = document.createTextNode("");
  }
  const style = element.style || {};
  for (const [name, tag] of [["code", "code"], ["bold", "strong"], ["italic", "em"], ["strike", "s"]]) if (style[name]) node = el(tag, {}, node);
  return node;
}

// ---- Interactive elements outside of forms

function interactive(block, element, source) {
  const name = `${block.block_id}/${element.action_id}`;
  const label = words(element.text) || words(element.placeholder) || element.action_id;
  if (element.type === "button") return button(element, label, () => act("press", { source, name }));
  if (element.type === "static_select" || element.type === "overflow") {
    const options = el("select", { "aria-label": label }, el("option", { value: "" }, label), ...element.options.map((option) => el("option", { value: option.value }, words(option.text))));
    options.addEventListener("change", () => act("press", { source, name, value: options.value }));
    return options;
  }
  return el("span", { class: "muted" }, `[${element.type}]`);
}

function button(element, label, press) {
  if (element.url) return el("a", { href: /^https?:/.test(element.url) ? element.url : null, target: "_blank", rel: "noreferrer noopener", onclick: press }, label);
  return el("button", { type: "button", class: element.style, "aria-label": element.accessibility_label, onclick: press }, label);
}
