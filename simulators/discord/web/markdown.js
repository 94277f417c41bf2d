// ---- Discord's markdown: the subset that bots use

const INLINE = [
  [/^\\([^A-Za-z0-9\s])/, (m) => m[1]],
  [/^(`+)([\s\S]*?[^`])\1(?!`)/, (m) => el("code", {}, m[2].replace(/^ (.*) $/, "$1"))],
  [/^\*\*((?:\\[\s\S]|[^\\])+?)\*\*(?!\*)/, (m) => el("strong", {}, inline(m[1]))],
  [/^__((?:\\[\s\S]|[^\\])+?)__(?!_)/, (m) => el("u", {}, inline(m[1]))],
  [/^~~((?:\\[\s\S]|[^\\])+?)~~/, (m) => el("s", {}, inline(m[1]))],
  [/^\|\|((?:\\[\s\S]|[^\\])+?)\|\|/, (m) => el("span", { class: "spoiler", tabindex: 0, title: "Spoiler" }, inline(m[1]))],
  [/^\*(?=[^\s*])((?:\\[\s\S]|\*\*|[^\\*])+?)\*(?!\*)/, (m) => el("em", {}, inline(m[1]))],
  [/^_(?=[^_])((?:\\[\s\S]|__|[^\\_])+?)_(?!\w)/, (m, before) => (/\w$/.test(before) ? null : el("em", {}, inline(m[1])))],
  [/^<t:(-?\d{1,13})(?::([tTdDfFR]))?>/, (m) => stamp(Number(m[1]), m[2] || "f")],
  [/^<\/([^:>]+):\d+>/, (m) => el("span", { class: "mention" }, `/${m[1]}`)],
  [/^<#(\d+)>/, (m) => el("span", { class: "mention" }, m[1] === known.channel.id ? `#${$("channel").textContent}` : "# unknown")],
  [/^<@!?(\d+)>/, (m) => el("span", { class: "mention" }, `@${nameOf(m[1])}`)],
  [/^\[((?:\\[\s\S]|[^\]\\])+)\]\(<?(https?:\/\/[^\s)>]+)>?\)/, (m) => link(m[2], inline(m[1]))],
  [/^<(https?:\/\/[^\s>]+)>/, (m) => link(m[1], m[1])],
  [/^https?:\/\/[^\s<]+[^\s<.,:;"')\]]/, (m) => link(m[0], m[0])],
];

function inline(text) {
  const out = document.createDocumentFragment();
  let plain = "";
  const flush = () => { out.append(plain); plain = ""; };
  let before = "";
  while (text) {
    let taken = null;
    if (/^[\\`*_~|<[h]/.test(text)) {
      for (const [pattern, make] of INLINE) {
        const match = pattern.exec(text);
        const node = match && make(match, before);
        if (node) { taken = [match[0].length, node]; break; }
      }
    }
    const length = taken ? taken[0] : /^[\s\S][\uDC00-\uDFFF]?/.exec(text)[0].length;
    before = text.slice(0, length);
    if (taken && typeof taken[1] !== "string") { flush(); out.append(taken[1]); }
    else plain += taken ? taken[1] : before;
    text = text.slice(length);
  }
  flush();
  return out;
}

function markdown(text) {
  const out = document.createDocumentFragment();
  text.split(/(```(?:[\w+-]*\n)?[\s\S]*?```)/).forEach((part, index) => {
    if (index % 2) {
      const code = part.slice(3, -3).replace(/^[\w+-]*\n/, "").replace(/\n$/, "");
      out.append(el("pre", {}, el("code", {}, code)));
    } else if (part) out.append(lines(index ? part.replace(/^\n/, "") : part));
  });
  return out;
}

function lines(text) {
  const out = document.createDocumentFragment();
  const all = text.split("\n");
  const blocks = [
    [/^> ?/, (rest) => el("blockquote", {}, lines(rest.join("\n")))],
    [/^[-*] /, (rest) => el("ul", {}, ...rest.map((item) => el("li", {}, inline(item))))],
  ];
  const single = [[/^### /, "h5"], [/^## /, "h4"], [/^# /, "h3"], [/^-# /, "small"]];
  let previousIsBlock = true;
  for (let i = 0; i < all.length; ) {
    const block = blocks.find(([pattern]) => pattern.test(all[i]));
    const heading = single.find(([pattern]) => pattern.test(all[i]));
    if (all[i].startsWith(">>> ")) {
      out.append(el("blockquote", {}, lines([all[i].slice(4), ...all.slice(i + 1)].join("\n"))));
      break;
    }
    if (block) {
      const rest = [];
      while (i < all.length && block[0].test(all[i])) rest.push(all[i++].replace(block[0], ""));
      out.append(block[1](rest));
      previousIsBlock = true;
      continue;
    }
    if (!previousIsBlock) out.append("\n");
    if (heading) out.append(el(heading[1], {}, inline(all[i].replace(heading[0], ""))));
    else out.append(inline(all[i]));
    previousIsBlock = heading ? heading[1] !== "small" : false;
    i += 1;
  }
  return out;
}

// A link to a message of this channel scrolls to it instead of opening Discord.
function jump(id) {
  const go = () => { scrolling.stay(); $(`m${id}`).scrollIntoView({ block: "center" }); };
  return el("button", { type: "button", class: "jump", "data-name": id, onclick: go }, "# mangosaurus › 💬");
}

function link(url, text) {
  const here = url.match(/^https:\/\/discord\.com\/channels\/\d+\/\d+\/(\d+)$/);
  if (here && known.messages.some((each) => each.id === here[1])) return jump(here[1]);
  return el("a", { href: url, target: "_blank", rel: "noreferrer noopener" }, text);
}

function nameOf(id) {
  const users = [...known.members, known.bot, ...known.messages.map((message) => message.author)];
  const user = users.find((someone) => someone && someone.id === id);
  return user ? displayName(user) : "unknown-user";
}

function stamp(seconds, style) {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return "Invalid Date";
  const node = el("time", { class: "stamp", datetime: date.toISOString(), title: date.toLocaleString() });
  const styles = {
    t: { timeStyle: "short" }, T: { timeStyle: "medium" }, d: { dateStyle: "short" }, D: { dateStyle: "long" },
    f: { dateStyle: "long", timeStyle: "short" }, F: { dateStyle: "full", timeStyle: "short" },
  };
  if (style === "R") { node.dataset.relative = seconds; node.textContent = relative(seconds); }
  else node.textContent = date.toLocaleString([], styles[style]);
  return node;
}
