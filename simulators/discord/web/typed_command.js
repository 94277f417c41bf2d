// ---- Typed commands: "/dinoname starts_with:draco count:2"

// A command with its option values: { command, values }; or what is wrong with it: { problem }.
// Null for ordinary text. A value ends where the next option starts, unless it is in quotes.
// Words before the options are for the required one, and a number alone is a count.
const SAID = {
  starts_with: "(?:begin|start)(?:s|ning|ing)? with",
  ends_with: "end(?:s|ing)? (?:in|with)",
  contains: "contain(?:s|ing)?",
};

function parseTyped(line) {
  const typed = /^\/(\w[\s\S]*)$/.exec(line.trim());
  if (!typed) return null;
  const command = known.commands
    .filter((each) => new RegExp(`^${each.name.replaceAll(" ", "\\s+")}(\\s|$)`, "i").test(typed[1]))
    .sort((a, b) => b.name.length - a.name.length)[0];
  if (!command) return { problem: noSuchCommand(typed[1]) };
  const rest = typed[1].replace(new RegExp(`^${command.name.replaceAll(" ", "\\s+")}`, "i"), "");
  return parseOptions(command, rest);
}

function parseOptions(command, text) {
  const names = command.options.map((option) => option.name);
  for (const name of names.filter((each) => SAID[each])) {
    text = text.replace(new RegExp(`(?:^|,?\\s+)(?:(?:and|that|which)\\s+)?(?:${SAID[name]})\\s+(?=[^\\s:])`, "i"), ` ${name}:`);
  }
  // Text in quotes is masked, so that a colon in it does not start an option.
  const masked = text.replace(/:"[^"]*"/g, (quoted) => `:"${"_".repeat(quoted.length - 3)}"`);
  const found = [...masked.matchAll(/(?:^|\s)([a-z][\w-]*):/gi)].filter((match) => (
    // "O note: this" and links are text.
    names.includes(match[1].toLowerCase()) || /^[^\s/]/.test(masked.slice(match.index + match[0].length))
  ));
  const values = new Map();
  for (const [index, match] of found.entries()) {
    const name = match[1].toLowerCase();
    if (!names.includes(name)) return { problem: noSuchOption(command, name, names) };
    if (values.has(name)) return { problem: `/${command.name} has the option ${name} twice. Use it once.` };
    const end = index + 1 < found.length ? found[index + 1].index : text.length;
    const value = text.slice(match.index + match[0].length, end).trim();
    values.set(name, /^"[^"]*"$/.test(value) ? value.slice(1, -1) : value);
  }
  const before = text.slice(0, found.length ? found[0].index : text.length).trim();
  const meant = before && meantBy(command, before);
  if (meant && !values.has(meant[0])) values.set(...meant);
  else if (before) return { problem: `Write options as name:value. ${optionsOf(command, names)}` };
  return { command, values };
}

// The option that words without a name are surely meant for, and its value; or null.
function meantBy(command, words) {
  const counted = /^(\d{1,9})(?: (?:dino|dinosaur|name)s?)?$/i.exec(words);
  if (counted && command.options.some((option) => option.name === "count")) return ["count", counted[1]];
  const needed = command.options.filter((option) => option.required);
  return needed.length === 1 && needed[0].type === STRING ? [needed[0].name, words.replace(/^"(.*)"$/, "$1")] : null;
}

function noSuchCommand(typed) {
  const nearest = nearestOf(typed.split(/\s/)[0].toLowerCase(), known.commands.map((command) => command.name));
  return `No command /${typed.split(/\s/)[0]} for ${displayName(known.me)}.${nearest ? ` Did you mean /${nearest}?` : ""}`;
}

function noSuchOption(command, name, names) {
  const nearest = nearestOf(name, names);
  return `/${command.name} has no option ${name}. ${nearest ? `Did you mean ${nearest}?` : optionsOf(command, names)}`;
}

function optionsOf(command, names) {
  return names.length ? `Options of /${command.name}: ${names.join(", ")}.` : `/${command.name} has no options.`;
}

// The most similar of some names, if at most half of its letters have to change.
function nearestOf(typed, names) {
  const [nearest] = names.map((name) => [editDistance(typed, name), name]).sort((a, b) => a[0] - b[0]);
  return nearest && nearest[0] <= nearest[1].length / 2 ? nearest[1] : null;
}

function editDistance(a, b) {
  let row = [...Array(b.length + 1).keys()];
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length];
}

// Fill in the form with the typed values, and send it if all of them are valid.
function runTyped({ command, values }) {
  startCommand(command);
  for (const [name, value] of values) {
    const field = filling.fields.find((each) => each.option.name === name);
    const problem = setTyped(field, value);
    if (problem) {
      field.box.classList.add("wrong");
      field.input.focus();
      complain(`${name}: ${problem}`);
      return;
    }
  }
  form.requestSubmit();
}

// Set a field to a typed value; what is wrong with it, or null.
function setTyped({ option, input }, value) {
  if (option.type === ATTACHMENT) return "choose a file here.";
  if (input.tagName !== "SELECT") {
    input.value = value;
    if (input.tagName === "TEXTAREA") grow(input);
    return null;
  }
  const choices = choicesOf(option);
  const index = choices.findIndex((choice) => [choice.name, String(choice.value)].some((text) => text.toLowerCase() === value.toLowerCase()));
  if (index < 0) return `choose one of: ${choices.map((choice) => (choice.name.length <= 24 ? choice.name : choice.value)).join(", ")}.`;
  input.value = String(index);
  return null;
}
