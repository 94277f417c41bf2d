"use strict";
const $ = (id) => document.getElementById(id);
const csrf = document.querySelector("meta[name=csrf]").content;
const state = { as: "member", me: null, bot: null, commands: [], known: null, messages: new Map(), waiting: new Map() };
const COMMAND = 2, COMPONENT = 3, EPHEMERAL = 64, LOADING = 128;
const SAUROPOD = "M5 23c3 0 4-4 8-5 3-.8 6-.5 7-4 .6-2.2.5-5 3-6 1.5-.6 4 .2 4 1.6 0 1-2 1-2.8 1.2-1.5.6-.9 4.7-1.7 7.2-.4 1.3-1 2.2-1 3.2V25h-2v-3h-5v3h-2v-3c-2 .6-4 2-7.5 1z";
const STRING = 3, INTEGER = 4, BOOLEAN = 5, NUMBER = 10, ATTACHMENT = 11;

// ---- Elements. Text is always inserted as text: nothing here parses HTML.

function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

function dots() {
  return el("span", { class: "dots", "aria-hidden": "true" }, el("i"), el("i"), el("i"));
}

function avatar(user, extra = "") {
  const node = el("div", { class: `avatar ${extra}`, "aria-hidden": "true" });
  if (!user.bot) {
    node.textContent = [...displayName(user)][0];
    node.style.background = user.id === state.admin ? "#9b59b6" : "#3a86a8";
    return node;
  }
  node.style.background = "var(--mango)";
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 32 32");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("fill", "#fff");
  path.setAttribute("d", SAUROPOD);
  svg.append(path);
  node.append(svg);
  return node;
}

const displayName = (user) => user.global_name || user.username;
const local = (url) => (url.includes("/attachments/") ? new URL(url).pathname : url);
const kilobytes = (size) => (size < 1024 ? `${size} bytes` : size < 1048576 ? `${(size / 1024).toFixed(1)} KB` : `${(size / 1048576).toFixed(1)} MB`);

function clock(date) {
  return date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

function day(date) {
  const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(date).setHours(0, 0, 0, 0)) / 86400000);
  return days === 0 ? `Today at ${clock(date)}` : days === 1 ? `Yesterday at ${clock(date)}` : `${date.toLocaleDateString()} ${clock(date)}`;
}
