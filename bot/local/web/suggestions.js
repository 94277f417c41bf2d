// ---- Suggestions above the composer

const NONE = -1;
const popup = { items: [], index: NONE, pick: null, field: null, stale: false };

// The item at `index` is selected, and chosen with Enter or Tab; NONE selects no item.
function openPopup(field, items, pick, nothing, index = 0) {
  Object.assign(popup, { items, index: NONE, pick, field, stale: false });
  if (!items.length && !nothing) return closePopup();
  const nodes = items.map((item, index) => el("li", {
    role: "option", id: `o${index}`, onmousedown: (event) => { event.preventDefault(); choose(index); },
    onmousemove: () => { if (popup.index !== index) mark(index); },
  }, item.node));
  $("popup").replaceChildren(...(nodes.length ? nodes : [el("li", { class: "none" }, nothing)]));
  $("popup").hidden = false;
  field.setAttribute("aria-expanded", "true");
  if (items.length && index !== NONE) mark(index);
  return undefined;
}

function closePopup() {
  $("popup").hidden = true;
  if (popup.field) { popup.field.setAttribute("aria-expanded", "false"); popup.field.removeAttribute("aria-activedescendant"); }
  popup.items = [];
}

function mark(index) {
  popup.index = (index + popup.items.length) % popup.items.length;
  [...$("popup").children].forEach((node, i) => node.setAttribute("aria-selected", String(i === popup.index)));
  popup.field.setAttribute("aria-activedescendant", `o${popup.index}`);
  $("popup").children[popup.index].scrollIntoView({ block: "nearest" });
}

function choose(index) {
  const item = popup.items[index];
  const pick = popup.pick;
  closePopup();
  if (item) pick(item.value);
}

function popupKey(event) {
  if ($("popup").hidden || event.isComposing) return false;
  if (event.key === "Escape") closePopup();
  else if (!popup.items.length || popup.stale) return false;
  else if (event.key === "ArrowDown") mark(popup.index + 1);
  else if (event.key === "ArrowUp") mark(Math.max(popup.index, 0) - 1);
  else if (popup.index === NONE) return false;
  else if (event.key === "Enter" || (event.key === "Tab" && !event.shiftKey)) choose(popup.index);
  else return false;
  event.preventDefault();
  event.stopPropagation();
  return true;
}
