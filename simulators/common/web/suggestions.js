// ---- Suggestions: a list next to a field, from which an item is chosen with keys or the mouse

const NONE = -1;

// The suggestions that are shown in `list`, an element with the role listbox.
// stale: whether they are for earlier input, so that keys choose none of them.
function suggestionsIn(list) {
  let items = [], index = NONE, pick = null;
  const shown = { field: null, stale: false, open, close, key };

  // The item at `first` is selected, and chosen with Enter or Tab; NONE selects no item.
  function open(field, offered, choose, nothing, first = 0) {
    Object.assign(shown, { field, stale: false });
    items = offered;
    index = NONE;
    pick = choose;
    if (!items.length && !nothing) { close(); return; }
    const nodes = items.map((item, place) => el("li", {
      role: "option", id: `${list.id}-${place}`, onmousedown: (event) => { event.preventDefault(); take(place); },
      onmousemove: () => { if (index !== place) mark(place); },
    }, item.node));
    list.replaceChildren(...(nodes.length ? nodes : [el("li", { class: "none" }, nothing)]));
    list.hidden = false;
    field.setAttribute("aria-expanded", "true");
    if (items.length && first !== NONE) mark(first);
  }

  function close() {
    list.hidden = true;
    if (shown.field) { shown.field.setAttribute("aria-expanded", "false"); shown.field.removeAttribute("aria-activedescendant"); }
    items = [];
  }

  function mark(place) {
    index = (place + items.length) % items.length;
    [...list.children].forEach((node, each) => node.setAttribute("aria-selected", String(each === index)));
    shown.field.setAttribute("aria-activedescendant", `${list.id}-${index}`);
    list.children[index].scrollIntoView({ block: "nearest" });
  }

  function take(place) {
    const item = items[place];
    close();
    if (item) pick(item.value);
  }

  // Whether a pressed key was meant for the list.
  function key(event) {
    if (list.hidden || event.isComposing) return false;
    if (event.key === "Escape") close();
    else if (!items.length || shown.stale) return false;
    else if (event.key === "ArrowDown") mark(index + 1);
    else if (event.key === "ArrowUp") mark(Math.max(index, 0) - 1);
    else if (index === NONE) return false;
    else if (event.key === "Enter" || (event.key === "Tab" && !event.shiftKey)) take(index);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  return shown;
}

// ---- The field for messages and commands. A page says what it offers (offerCommands), and what is done with a line (enter).

const text = $("text");
const popup = suggestionsIn($("popup"));

function grow(field) {
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight}px`;
}

function write(value) {
  text.value = value;
  grow(text);
}

// The commands whose name begins with what is typed, then those that contain it.
function found(typed, nameOf) {
  const rank = (command) => (nameOf(command).startsWith(typed) ? 0 : nameOf(command).includes(typed) ? 1 : 2);
  return known.commands.filter((each) => rank(each) < 2).sort((a, b) => rank(a) - rank(b));
}

// Commands to press on the first screen, of those that are known: labels by the end of their name. A page says how one is run.
const FIRST = { dinoname: "🦖 Name dinosaurs", sonnet: "📜 Write a sonnet", help: "💡 What else?" };

function offerFirst(labels, nameOf, run) {
  const offered = Object.entries(labels).map(([name, label]) => [known.commands.find((each) => nameOf(each).endsWith(name)), label]).filter(([command]) => command);
  replaceIfNew($("first"), offered.map(([command, label]) => el("button", { type: "button", "data-name": nameOf(command), onclick: () => { scrolling.toBottom(); run(command); } }, label)));
}

// The link that skips to the field leads to the first one that is shown, or else to what there is to read.
$("skip").addEventListener("click", (event) => {
  event.preventDefault();
  const fields = [...$("composer").querySelectorAll("textarea, input, select, button")];
  (fields.find((each) => each.checkVisibility()) || $("scroll")).focus();
});

text.addEventListener("input", () => { grow(text); complain(""); offerCommands(); });
text.addEventListener("focus", () => offerCommands());
text.addEventListener("blur", popup.close);
text.addEventListener("keydown", (event) => {
  if (popup.key(event) || event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  enter(text.value);
});
