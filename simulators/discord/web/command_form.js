// ---- Form for the options of a command

const form = $("command");
const LARGEST_FILE = 10 * 1024 * 1024;  // as ATTACHMENT_BYTES
let filling = null;  // { command, fields: [{ option, input, box, value }] }

function startCommand(command) {
  const options = [...command.options].sort((a, b) => Number(Boolean(b.required)) - Number(Boolean(a.required)));
  const about = el("div", { class: "about", id: "about" });
  const fields = options.map((option) => makeField(option, about));
  filling = { command, fields, about };
  describe(null);
  form.replaceChildren(about,
    el("div", { class: "line" }, el("strong", {}, `/${command.name}`), ...fields.map((field) => field.box),
      el("div", { class: "end" }, el("button", { type: "button", class: "cancel", onclick: stopCommand }, "Cancel"), el("button", { class: "send" }, "Send"))));
  form.setAttribute("aria-label", `Command ${command.name}`);
  form.hidden = false;
  $("bar").hidden = true;
  complain("");
  (fields.length ? fields[0].input : form.querySelector(".send")).focus();
  scrolling.toBottom();
}

function stopCommand() {
  filling = null;
  popup.close();
  complain("");
  form.hidden = true;
  form.replaceChildren();
  $("bar").hidden = false;
  write("");
  text.focus();
}

function describe(option) {
  const command = filling.command;
  const node = filling.about;
  node.replaceChildren(el("b", {}, option ? option.name : `/${command.name}`), " ", option ? option.description : command.description);
  if (option) node.append(` ${rule(option)}`);
}

function rule(option) {
  const parts = [option.required ? "required" : "optional"];
  const least = option.min_value, most = option.max_value;
  if (least !== undefined && most !== undefined) parts.push(`${least} to ${most}`);
  else if (least !== undefined) parts.push(`at least ${least}`);
  else if (most !== undefined) parts.push(`at most ${most}`);
  if (option.max_length !== undefined) parts.push(`up to ${option.max_length} characters`);
  return `(${parts.join(", ")})`;
}

function makeField(option, about) {
  const common = { name: option.name, "aria-describedby": about.id, "aria-required": String(Boolean(option.required)), autocomplete: "off" };
  let input;
  if (choicesOf(option).length) input = choiceInput(common, choicesOf(option));
  else if (option.type === ATTACHMENT) input = el("input", { ...common, type: "file" });
  else if (option.type === STRING) input = el("textarea", { ...common, rows: 1, spellcheck: "false" });
  else input = el("input", { ...common, type: "text", inputmode: option.type === INTEGER ? "numeric" : "decimal" });
  if (option.autocomplete) for (const [key, value] of Object.entries({ role: "combobox", "aria-controls": "popup", "aria-expanded": "false", "aria-autocomplete": "list" })) input.setAttribute(key, value);
  const box = el("label", { class: `option${option.required ? " required" : ""}` }, el("span", {}, option.name), input);
  const field = { option, input, box, picked: null };
  input.addEventListener("focus", () => { describe(option); if (option.autocomplete) suggest(field); });
  input.addEventListener("blur", popup.close);
  input.addEventListener("input", () => {
    field.picked = null;
    box.classList.remove("wrong");
    if (option.type === STRING && input.tagName === "TEXTAREA") grow(input);
    if (option.autocomplete) suggest(field);
  });
  input.addEventListener("keydown", (event) => {
    if (popup.key(event)) return;
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing && option.type !== ATTACHMENT) { event.preventDefault(); form.requestSubmit(); }
  });
  return field;
}

function choicesOf(option) {
  if (option.choices && option.choices.length) return option.choices;
  return option.type === BOOLEAN ? [{ name: "True", value: true }, { name: "False", value: false }] : [];
}

function choiceInput(common, choices) {
  return el("select", common, el("option", { value: "" }, ""), ...choices.map((choice, index) => el("option", { value: index }, choice.name)));
}

let search = 0;

function suggest(field) {
  const ticket = ++search;
  popup.stale = true;  // the listed choices are for earlier input, or for another option
  setTimeout(async () => {
    if (ticket !== search || !filling) return;
    const answer = await act("complete", { name: filling.command.name, focused: field.option.name, options: { ...values().options, [field.option.name]: field.input.value } });
    if (!answer.choices || ticket !== search || document.activeElement !== field.input) return;
    const items = answer.choices.map((choice) => ({ value: choice, node: el("div", { class: "title" }, choice.name) }));
    popup.open(field.input, items, (choice) => {
      search += 1;  // what was asked for meanwhile would open the list again
      field.input.value = choice.name;
      field.picked = choice;
      if (field.input.tagName === "TEXTAREA") grow(field.input);
    }, answer.failed ? "Loading options failed" : "", field.input.value ? 0 : NONE);
  }, 150);
}

function values() {
  const options = {}, files = {}, problems = [];
  for (const field of filling.fields) {
    const { option, input } = field;
    const problem = (sentence) => problems.push({ field, sentence: `${option.name}: ${sentence}` });
    if (option.type === ATTACHMENT) {
      if (input.files.length && input.files[0].size > LARGEST_FILE) problem(`choose a file of at most ${kilobytes(LARGEST_FILE)}, not ${kilobytes(input.files[0].size)}.`);
      else if (input.files.length) files[option.name] = input.files[0];
      else if (option.required) problem("choose a file.");
    } else if (input.value === "") {
      if (option.required) problem("this option is required.");
    } else if (input.tagName === "SELECT") {
      options[option.name] = choicesOf(option)[Number(input.value)].value;
    } else if (field.picked && field.picked.name === input.value) options[option.name] = field.picked.value;
    else if (option.type === STRING) {
      const length = [...input.value].length;
      if (option.min_length && length < option.min_length) problem(`enter at least ${option.min_length} characters.`);
      if (length > (option.max_length ?? 6000)) problem(`enter at most ${option.max_length ?? 6000} characters, not ${length}.`);
      options[option.name] = input.value;
    } else {
      const number = Number(input.value);
      if (Number.isNaN(number) || (option.type === INTEGER && !Number.isInteger(number))) problem(option.type === INTEGER ? "enter a whole number." : "enter a number.");
      else if (option.min_value !== undefined && number < option.min_value) problem(`enter at least ${option.min_value}.`);
      else if (option.max_value !== undefined && number > option.max_value) problem(`enter at most ${option.max_value}.`);
      options[option.name] = number;
    }
  }
  return { options, files, problems };
}

let sending = false;  // a second press of Send is not a second command

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (sending) return;
  const { options, files, problems } = values();
  filling.fields.forEach((field) => field.box.classList.toggle("wrong", problems.some((problem) => problem.field === field)));
  if (problems.length) { complain(problems[0].sentence); problems[0].field.input.focus(); return; }
  const name = filling.command.name;
  sending = true;
  try {
    if (!(await act("run", { name, options }, files)).problem) { stopCommand(); scrolling.toBottom(); }
  } finally { sending = false; }
});
form.addEventListener("keydown", (event) => { if (event.key === "Escape") stopCommand(); });
