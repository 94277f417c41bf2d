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

function svg(path, attributes = {}) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 32 32", "aria-hidden": "true", ...attributes })) node.setAttribute(key, value);
  const shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
  shape.setAttribute("fill", "currentColor");
  shape.setAttribute("d", path);
  node.append(shape);
  return node;
}

const SAUROPOD = "M5 23c3 0 4-4 8-5 3-.8 6-.5 7-4 .6-2.2.5-5 3-6 1.5-.6 4 .2 4 1.6 0 1-2 1-2.8 1.2-1.5.6-.9 4.7-1.7 7.2-.4 1.3-1 2.2-1 3.2V25h-2v-3h-5v3h-2v-3c-2 .6-4 2-7.5 1z";

// The icon of the tab: a sauropod on a colour.
function showIcon(colour) {
  const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><circle cx="16" cy="16" r="16" fill="${colour}"/><path fill="#fff" d="${SAUROPOD}"/></svg>`;
  document.head.append(el("link", { rel: "icon", href: `data:image/svg+xml,${encodeURIComponent(icon)}` }));
}

function complain(text) {
  $("problem").hidden = !text;
  $("problem").textContent = text || "";
}

function banner(text) {
  $("banner").hidden = !text;
  $("banner").textContent = text || "";
}

function clock(date) {
  return date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

const kilobytes = (size) => (size < 1024 ? `${size} bytes` : size < 1048576 ? `${(size / 1024).toFixed(1)} KB` : `${(size / 1048576).toFixed(1)} MB`);
