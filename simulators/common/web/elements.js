"use strict";
const $ = (id) => document.getElementById(id);
const csrf = document.querySelector("meta[name=csrf]").content;

// ---- Elements. Text is always inserted as text: nothing here parses HTML.

function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (key.startsWith("on")) { node.addEventListener(key.slice(2), value); node.listens = true; } else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

// Replace the children of a node unless they are the same, down to their data-name: so a click is never lost.
function replaceIfNew(node, children) {
  const shown = children.map((child) => child.outerHTML).join("");
  if (node.dataset.shown === shown) return;
  node.dataset.shown = shown;
  node.replaceChildren(...children);
}

const SAUROPOD = "M5 23c3 0 4-4 8-5 3-.8 6-.5 7-4 .6-2.2.5-5 3-6 1.5-.6 4 .2 4 1.6 0 1-2 1-2.8 1.2-1.5.6-.9 4.7-1.7 7.2-.4 1.3-1 2.2-1 3.2V25h-2v-3h-5v3h-2v-3c-2 .6-4 2-7.5 1z";
const MANGO = "#f0932b", MEMBER = "#3a86a8", ADMIN = "#9b59b6";

function svg(path) {
  const [node, shape] = ["svg", "path"].map((tag) => document.createElementNS("http://www.w3.org/2000/svg", tag));
  node.setAttribute("viewBox", "0 0 32 32");
  node.setAttribute("aria-hidden", "true");
  shape.setAttribute("fill", "currentColor");
  shape.setAttribute("d", path);
  node.append(shape);
  return node;
}

// The icon of the tab: a sauropod on a colour.
function showIcon(colour) {
  const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><circle cx="16" cy="16" r="16" fill="${colour}"/><path fill="#fff" d="${SAUROPOD}"/></svg>`;
  document.head.append(el("link", { rel: "icon", href: `data:image/svg+xml,${encodeURIComponent(icon)}` }));
}

function avatarOf(name, isBot, colour, extra = "") {
  const node = el("div", { class: `avatar ${extra}`, "aria-hidden": "true" }, isBot ? svg(SAUROPOD) : [...name][0]);
  node.style.background = isBot ? MANGO : colour;
  return node;
}

// A text at the place for it, which is hidden while there is none.
function tell(id, text) {
  $(id).hidden = !text;
  $(id).textContent = text || "";
}

const complain = (text) => tell("problem", text);
const banner = (text) => tell("banner", text);
const kilobytes = (size) => (size < 1024 ? `${size} bytes` : size < 1048576 ? `${(size / 1024).toFixed(1)} KB` : `${(size / 1048576).toFixed(1)} MB`);

function download(name, address, size) {
  return el("div", { class: "file" }, el("span", { "aria-hidden": "true" }, "📄"), el("div", {}, el("a", { href: address, download: name }, name), el("small", {}, kilobytes(size))));
}

// ---- Times

let ahead = 0;  // how far the simulator's clock is ahead of the real one, in milliseconds
const now = () => Date.now() + ahead;
const clock = (date) => date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
const daysFromNow = (date) => Math.round((new Date(date).setHours(0, 0, 0, 0) - new Date(now()).setHours(0, 0, 0, 0)) / 86400000);

// Relative to now: elements with data-relative, in seconds since 1970, are kept up to date.
function relative(seconds) {
  const difference = seconds - now() / 1000;
  const units = [["year", 31536000], ["month", 2592000], ["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
  const [unit, size] = units.find(([, length]) => Math.abs(difference) >= length) || units[5];
  return new Intl.RelativeTimeFormat([], { numeric: "auto" }).format(Math.trunc(difference / size), unit);
}

setInterval(() => {
  document.querySelectorAll("time[data-relative]").forEach((node) => { node.textContent = relative(Number(node.dataset.relative)); });
}, 1000);
