// ---- Changing what is shown, in place: a press of a button is not lost when its message changes meanwhile

// Make `old` look like `fresh`, an element of the same kind. Parts that are the same stay, with their focus. One that listens
// stays if it has the same data-name, which must tell all that its listener uses.
function morph(old, fresh) {
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return old;
  }
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) setAttribute(old, name, value);
  const rest = [...old.childNodes];
  for (const child of [...fresh.childNodes]) {
    const place = rest.findIndex((each) => isSame(each, child));
    if (place < 0) old.insertBefore(child, rest[0] || null);
    else {
      rest.splice(0, place).forEach((each) => each.remove());
      morph(rest.shift(), child);
    }
  }
  rest.forEach((child) => child.remove());
  return old;
}

function isSame(old, fresh) {
  if (old.nodeName !== fresh.nodeName) return false;
  const names = [old, fresh].map((node) => (node.dataset ? node.dataset.name : undefined));
  if (names[0] !== undefined) return names[0] === names[1];
  return names[1] === undefined && old.className === fresh.className && !old.listens && !fresh.listens;
}

// The page's policy allows styles that scripts set, but no attribute with them.
function setAttribute(node, name, value) {
  if (name === "style") node.style.cssText = value;
  else node.setAttribute(name, value);
}
