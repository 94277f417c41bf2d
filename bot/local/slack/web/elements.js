"use strict";
const $ = (id) => document.getElementById(id);
const csrf = document.querySelector("meta[name=csrf]").content;
let known = { members: {}, channels: [], messages: [] };  // what the simulator has sent

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

function complain(text) {
  $("problem").hidden = !text;
  $("problem").textContent = text || "";
}

async function act(what, body, files = {}) {
  const form = new FormData();
  form.append("payload", JSON.stringify({ do: what, as: place.as, channel: place.channel, ...body }));
  for (const [name, file] of Object.entries(files)) form.append(name, file);
  complain("");
  try {
    const answer = await fetch("/local/act", { method: "POST", body: form, headers: { "X-Local-Csrf": csrf } });
    if (!answer.ok) throw new Error(await answer.text());
    const result = await answer.json();
    if (result.problem) complain(result.problem);
    return result;
  } catch (error) {
    complain(error instanceof TypeError ? "The bot cannot be reached. Is it running?" : error.message);
    return { problem: "unreachable" };
  }
}
