// ---- Menus below a message, and the form that the bot opens

function renderSelect(message, select) {
  const options = select.type === 8
    ? [[known.channel.id, `# ${known.channel.name}`, (select.default_values || []).some((each) => Number(each.id) === Number(known.channel.id))]]
    : select.options.map((option) => [option.value, option.label, option.default]);
  const node = el("select", {
    "aria-label": select.placeholder, "data-name": `${select.custom_id} ${options.map(([, , chosen]) => Number(Boolean(chosen))).join("")}`,
    onchange: () => act("choose", { message: message.id, custom_id: select.custom_id, value: node.value }),
  }, ...options.map(([value, label, chosen]) => el("option", { value, selected: Boolean(chosen) }, label)));
  if (!options.some(([, , chosen]) => chosen)) node.prepend(el("option", { value: "", selected: true, disabled: true }, select.placeholder));
  return node;
}

let openForm = null;

function showForm(form) {
  if (openForm && form && openForm.token === form.token) return;
  if (openForm) openForm.node.remove();
  openForm = null;
  if (!form) return;
  const fields = form.components.flatMap((row) => row.components);
  const inputs = fields.map((field) => el(field.style === 2 ? "textarea" : "input", { name: field.custom_id, maxlength: field.max_length, required: field.required !== false }));
  inputs.forEach((input, index) => { input.value = fields[index].value || ""; });
  const submit = (event) => {
    event.preventDefault();
    act("submit", { token: form.token, options: Object.fromEntries(inputs.map((input) => [input.name, input.value])) });
  };
  const node = el("dialog", { class: "form", "aria-label": form.title, oncancel: () => act("close", { token: form.token }) },
    el("form", { onsubmit: submit }, el("h2", {}, form.title),
      ...inputs.map((input, index) => el("label", {}, fields[index].label, input)),
      el("div", { class: "row" }, el("button", { type: "button", class: "style2", onclick: () => act("close", { token: form.token }) }, "Cancel"), el("button", { type: "submit", class: "style1" }, "Submit"))));
  document.body.append(node);
  node.showModal();
  openForm = { token: form.token, node };
}
