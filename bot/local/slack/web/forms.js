// ---- Modals

let shown = "";  // id and hash of the modal that is shown

function showModal(modal) {
  const key = modal ? `${modal.id} ${modal.hash}` : "";
  if (key === shown) return;
  shown = key;
  if (!modal) { $("modal").close(); $("text").focus(); return; }
  const inputs = new Map();  // by block_id/action_id
  const form = el("form", { method: "dialog" },
    el("h2", {}, words(modal.title)),
    ...modal.blocks.map((block) => (block.type === "input" ? formInput(block, modal, inputs) : renderBlock(block, modal.id))),
    el("p", { class: "error", role: "alert", hidden: true }),
    el("footer", {},
      el("button", { type: "button", onclick: () => act("close", { source: modal.id }) }, words(modal.close) || "Cancel"),
      modal.submit ? el("button", { class: "primary" }, words(modal.submit)) : null));
  form.noValidate = true;  // the simulator checks as Slack does
  form.addEventListener("submit", (event) => { event.preventDefault(); submitForm(form, modal, inputs); });
  $("modal").replaceChildren(form);
  if (!$("modal").open) $("modal").showModal();
}

$("modal").addEventListener("cancel", (event) => {
  event.preventDefault();
  if (known.modal) act("close", { source: known.modal.id });
});

async function submitForm(form, modal, inputs) {
  const values = {}, files = {};
  const alert = form.querySelector("[role=alert]");
  for (const [name, input] of inputs) {
    const value = input.read();
    if (value instanceof File) files[name] = value;
    else if (value !== undefined) values[name] = value;
  }
  const result = await act("submit", { source: modal.id, values }, files);
  const errors = Object.entries(result.errors || {}).map(([block, error]) => {
    const found = modal.blocks.find((each) => each.block_id === block);
    return `${found ? words(found.label) : block}: ${error}`;
  });
  alert.textContent = result.problem || errors.join("\n");
  alert.hidden = !alert.textContent;
}

function formInput(block, modal, inputs) {
  const element = block.element, name = `${block.block_id}/${element.action_id}`;
  const { node, read } = inputOf(element, name, modal);
  inputs.set(name, { read });
  const label = words(block.label) + (block.optional ? " (optional)" : "");
  const hint = block.hint ? el("p", { class: "muted" }, words(block.hint)) : null;
  if (node.tagName === "FIELDSET") { node.prepend(el("legend", {}, label)); return el("div", {}, node, hint); }
  return el("div", {}, el("label", {}, label, node), hint);
}

function inputOf(element, name, modal) {
  const hint = words(element.placeholder) || null;
  switch (element.type) {
    case "number_input": return field(el("input", { type: "number", min: element.min_value, max: element.max_value, step: element.is_decimal_allowed ? "any" : "1", value: element.initial_value }));
    case "file_input": {
      const node = el("input", { type: "file", accept: (element.filetypes || []).map((kind) => `.${kind}`).join(",") });
      return { node, read: () => node.files[0] };
    }
    case "static_select": return select(element.options.map((option) => [option.value, words(option.text)]), element.initial_option && element.initial_option.value);
    case "users_select": return select(known.people.map((each) => [each.id, each.name]), element.initial_user);
    case "conversations_select": case "channels_select":
      return select(known.channels.map((each) => [each.id, `#${each.name}`]), element.initial_conversation || element.initial_channel);
    case "radio_buttons": case "checkboxes": return choices(element, name);
    case "external_select": return suggesting(element, name, modal, hint);
    default: return field(el(element.multiline ? "textarea" : "input", { maxlength: element.max_length, placeholder: hint, rows: element.multiline ? 4 : null }), element.initial_value);
  }
}

function field(node, value) {
  if (value !== undefined) node.value = value;
  return { node, read: () => node.value };
}

function select(options, chosen) {
  const node = el("select", {}, el("option", { value: "" }, ""), ...options.map(([value, label]) => el("option", { value, selected: value === chosen }, label)));
  return { node, read: () => node.value || null };
}

function choices(element, name) {
  const single = element.type === "radio_buttons";
  const chosen = single ? [element.initial_option].filter(Boolean) : element.initial_options || [];
  const node = el("fieldset", {}, ...element.options.map((option) => el("label", {},
    el("input", { type: single ? "radio" : "checkbox", name, value: option.value, checked: chosen.some((each) => each.value === option.value) }), " ", words(option.text))));
  const checked = () => [...node.querySelectorAll(":checked")].map((input) => input.value);
  return { node, read: () => (single ? checked()[0] || null : checked()) };
}

function suggesting(element, name, modal, hint) {
  const found = new Map();  // options by label
  if (element.initial_option) found.set(words(element.initial_option.text), element.initial_option);
  const list = el("datalist", { id: `list-${name}` });
  const input = el("input", { list: list.id, placeholder: hint, value: element.initial_option ? words(element.initial_option.text) : null, autocomplete: "off" });
  const ask = async () => {
    const typed = input.value;
    if (typed.length < (element.min_query_length ?? 3) || found.has(typed)) return;
    const { options = [] } = await act("suggest", { source: modal.id, name, typed });
    if (input.value !== typed) return;
    for (const option of options) found.set(words(option.text), option);
    list.replaceChildren(...options.map((option) => el("option", { value: words(option.text) })));
  };
  input.addEventListener("input", ask);
  input.addEventListener("focus", ask);
  const node = el("span", {}, input, list);
  return { node, read: () => found.get(input.value) || null };
}
