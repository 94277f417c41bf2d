// ---- Modals

let shown = "";  // id and hash of the modal that is shown

function showModal(modal) {
  const key = modal ? `${modal.id} ${modal.hash}` : "";
  if (key === shown) return;
  shown = key;
  if (!modal) { $("modal").close(); $("text").focus(); return; }
  const inputs = new Map();  // by block_id/action_id
  const close = () => act("close", { source: modal.id });
  const form = el("form", { method: "dialog" },
    el("header", {}, avatar(known.bot, true), el("h2", { id: "modal-title" }, words(modal.title)), el("button", { type: "button", class: "close", "aria-label": "Close", onclick: close }, "✕")),
    el("div", { class: "fields-of-form" },
      ...modal.blocks.map((block) => (block.type === "input" ? formInput(block, modal, inputs) : renderBlock(block, modal.id))),
      el("p", { class: "error", role: "alert", hidden: true })),
    el("footer", {},
      el("button", { type: "button", onclick: close }, words(modal.close) || "Cancel"),
      modal.submit ? el("button", { class: "primary" }, words(modal.submit)) : null));
  form.noValidate = true;  // the simulator checks as Slack does
  form.addEventListener("submit", (event) => { event.preventDefault(); submitForm(form, modal, inputs); });
  $("modal").replaceChildren(form);
  if (!$("modal").open) $("modal").showModal();
  const first = form.querySelector(".input :is(input, select, textarea)");
  if (first) first.focus();
}

$("modal").addEventListener("cancel", (event) => {
  event.preventDefault();
  if (known.modal) act("close", { source: known.modal.id });
});

async function submitForm(form, modal, inputs) {
  const alert = form.querySelector("[role=alert]");
  const { values, files } = filled(inputs);
  const button = form.querySelector("footer .primary");
  button.disabled = true;  // a second press is not a second submission
  const result = await act("submit", { source: modal.id, values }, files).finally(() => { button.disabled = false; });
  const errors = Object.entries(result.errors || {}).map(([block, error]) => {
    const found = modal.blocks.find((each) => each.block_id === block);
    return `${found ? words(found.label) : block}: ${error}`;
  });
  alert.textContent = result.problem || errors.join("\n");
  alert.hidden = !alert.textContent;
  if (alert.textContent) alert.scrollIntoView({ block: "nearest" });
}

function filled(inputs) {
  const values = {}, files = {};
  for (const [name, input] of inputs) {
    const value = input.read();
    if (value instanceof File) files[name] = value;
    else if (value !== undefined) values[name] = value;
  }
  return { values, files };
}

function formInput(block, modal, inputs) {
  const element = block.element, name = `${block.block_id}/${element.action_id}`;
  const { node, read } = inputOf(element, name, modal, inputs, block.dispatch_action);
  inputs.set(name, { read });
  const label = [words(block.label), block.optional ? el("span", { class: "optional" }, " (optional)") : null].filter(Boolean);
  const hint = block.hint ? el("p", { class: "muted" }, words(block.hint)) : null;
  return el("div", { class: "input" }, el("label", {}, el("span", {}, ...label), node), hint);
}

function inputOf(element, name, modal, inputs, dispatches) {
  const hint = words(element.placeholder) || null;
  switch (element.type) {
    case "number_input": return field(el("input", { type: "number", min: element.min_value, max: element.max_value, step: element.is_decimal_allowed ? "any" : "1", value: element.initial_value }));
    case "file_input": {
      const node = el("input", { type: "file", accept: (element.filetypes || []).map((kind) => `.${kind}`).join(",") });
      return { node, read: () => node.files[0] };
    }
    case "static_select": return select(element.options.map((option) => [option.value, words(option.text)]), element.initial_option && element.initial_option.value);
    case "users_select": return select(known.people.map((each) => [each.id, each.name]), element.initial_user);
    case "conversations_select": return select(known.channels.map((each) => [each.id, `#${each.name}`]), element.initial_conversation);
    case "external_select": return suggesting(element, name, modal, inputs, hint, dispatches);
    default: return field(el(element.multiline ? "textarea" : "input", { maxlength: element.max_length, placeholder: hint, rows: element.multiline ? 4 : null }), element.initial_value);
  }
}

function field(node, value) {
  if (value !== undefined) node.value = value;
  return { node, read: () => node.value };
}

function select(options, chosen) {
  const node = el("select", {}, el("option", { value: "" }, "Choose an option"), ...options.map(([value, label]) => el("option", { value, selected: value === chosen }, label)));
  return { node, read: () => node.value || null };
}

// A select whose options come from the bot while the member types. Text that is none of them is not taken.
function suggesting(element, name, modal, inputs, placeholder, dispatches) {
  const first = element.initial_option || null;
  let chosen = first, asked = 0;
  const list = el("ul", { class: "options", role: "listbox", id: `options-${name.replace(/\W/g, "-")}`, "aria-label": "Options", hidden: true });
  const input = el("input", { role: "combobox", "aria-expanded": "false", "aria-controls": list.id, "aria-autocomplete": "list", placeholder: placeholder || "Choose an option", value: first ? words(first.text) : null, autocomplete: "off" });
  const options = suggestionsIn(list);
  const take = (option) => { asked += 1; chosen = option; input.value = words(option.text);
    if (dispatches) act("press", { source: modal.id, name, value: option, values: filled(inputs).values });
  };
  const ask = async () => {
    const typed = input.value, ticket = ++asked;
    options.stale = true;
    if (typed.length < (element.min_query_length ?? 3)) { options.close(); return; }
    await new Promise((resolve) => setTimeout(resolve, 150));
    if (ticket !== asked) return;
    const { options: found = [] } = await act("suggest", { source: modal.id, name, typed });
    if (ticket !== asked || document.activeElement !== input) return;
    options.open(input, found.map((option) => ({ value: option, node: words(option.text) })), take, "No results", typed ? 0 : NONE);
  };
  input.addEventListener("input", () => { chosen = null; ask(); });
  input.addEventListener("focus", ask);
  input.addEventListener("blur", () => { asked += 1; options.close(); if (!chosen) input.value = ""; });
  input.addEventListener("keydown", (event) => { options.key(event); });
  return { node: el("span", { class: "combobox" }, input, list), read: () => (chosen ? chosen : null) };
}
