// ---- The state that the simulator sends, and what is asked of it. A page shows the state (show).

const place = { as: "", channel: "" };  // who looks, and where
let known = { commands: [], messages: [] };  // what the simulator has sent
let asking = null;  // aborts the request for the state
let arrived = () => {};
let arrival = null;  // of the state at this place

async function follow() {
  expect();
  for (;;) {
    asking = new AbortController();
    const query = new URLSearchParams({ csrf, as: place.as, channel: place.channel, seen: known.seen || "" });
    try {
      const answer = await fetch(`local/state?${query}`, { signal: asking.signal, cache: "no-store" });
      if (answer.status === 403) { location.reload(); return; }
      if (!answer.ok) throw new Error(answer.statusText);
      const state = await answer.json();
      if (asking.signal.aborted) continue;
      const before = ahead;
      ahead = state.now * 1000 - Date.now();
      if (ahead - before > 60000) drawn.clear();  // "Today" is another day
      show(state);
      arrived();
    } catch (error) {
      if (error.name === "AbortError") continue;
      banner("The connection to the bot is lost. This page reloads when the bot is back.");
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
}

function expect() { arrival = new Promise((resolve) => { arrived = resolve; }); }

// Look at another place, or as somebody else.
function move(change) {
  Object.assign(place, change);
  known = { ...known, seen: "" };
  $("log").replaceChildren();
  drawn.clear();
  complain("");
  expect();
  if (asking) asking.abort();
}

// Do something; the answer, with a problem if it failed.
async function act(what, body, files = {}) {
  const form = new FormData();
  form.append("payload", JSON.stringify({ do: what, as: place.as, channel: place.channel, locale: navigator.language, ...body }));
  for (const [name, file] of Object.entries(files)) form.append(name, file);
  if (what !== "complete" && what !== "suggest") complain("");  // suggestions come while the member reads what is wrong
  try {
    const answer = await fetch("local/act", { method: "POST", body: form, headers: { "X-Local-Csrf": csrf } });
    if (!answer.ok) throw new Error(await answer.text());
    const result = await answer.json();
    if (result.problem) complain(result.problem);
    return result;
  } catch (error) {
    complain(error instanceof TypeError ? "The bot cannot be reached. Is it running?" : error.message);
    return { problem: "unreachable" };
  }
}
