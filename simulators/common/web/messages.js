// ---- Lists of messages

const drawn = new Map();  // nodes by list and id, with what they show

// Put the nodes of items ([id, item, how to draw it]) into a list. A node stays when its item changes.
function draw(list, items) {
  const nodes = items.map(([id, item, make]) => {
    const key = JSON.stringify(item), old = drawn.get(`${list.id} ${id}`) || {};
    if (old.key === key) return old.node;
    const fresh = make(item);
    const node = old.node ? morph(old.node, fresh) : fresh;
    drawn.set(`${list.id} ${id}`, { key, node });
    return node;
  });
  const present = new Set(nodes);
  [...list.children].filter((node) => !present.has(node)).forEach((node) => node.remove());
  nodes.forEach((node, index) => { if (list.children[index] !== node) list.insertBefore(node, list.children[index] || null); });
}

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

// ---- Scrolling: the newest message stays in view while messages grow, until the reader scrolls up

function followNewest(box, content) {
  let follows = true, last = 0;
  const toBottom = () => { follows = true; box.scrollTop = box.scrollHeight; };
  const update = () => { if (follows) toBottom(); };
  new ResizeObserver(update).observe(content);
  box.addEventListener("scroll", () => {
    if (box.scrollHeight - box.scrollTop - box.clientHeight < 120) follows = true;
    else if (box.scrollTop < last) follows = false;
    last = box.scrollTop;
  });
  return { toBottom, update, stay: () => { follows = false; } };
}

const scrolling = followNewest($("scroll"), $("log"));
