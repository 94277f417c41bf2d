// ---- The place that is shown, and what the simulator says about it

const place = { as: "", channel: "", isHome: false, thread: "", target: "" };
let asking = null;  // aborts the request for the state

async function follow() {
  for (;;) {
    asking = new AbortController();
    const query = new URLSearchParams({ csrf, as: place.as, channel: place.channel, seen: known.seen || "" });
    try {
      const answer = await fetch(`local/state?${query}`, { signal: asking.signal, cache: "no-store" });
      if (answer.status === 403) { location.reload(); return; }
      if (!answer.ok) throw new Error(answer.statusText);
      const state = await answer.json();
      if (!asking.signal.aborted) show(state);
    } catch (error) {
      if (error.name === "AbortError") continue;
      banner("The connection to the bot is lost. This page reloads when the bot is back.");
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
}

function go(change) {
  Object.assign(place, { thread: "", target: "" }, change);
  known = { ...known, seen: "" };
  $("log").replaceChildren();
  drawn.clear();
  complain("");
  toggleSidebar(false);
  if (place.isHome) {
    scrolling.stay();
    $("scroll").scrollTop = 0;
    act("home", {});
  } else {
    scrolling.toBottom();
    text.focus();
  }
  asking.abort();
}

let began = "";  // messages before are not new

function show(state) {
  const hadCommands = Boolean(known.commands);
  began = began || String(Date.now() / 1000);
  known = { ...state, began };
  Object.assign(place, { as: state.as, channel: state.channel });
  banner(state.connected ? "" : `${state.bot} is not connected, so commands are not answered yet.`);
  showPlaces(known);
  showHome(known);
  showMessages(known);
  showModal(known.modal);
  if (!hadCommands) offerCommands();
}

showIcon("#3f0e40");
text.focus();
follow();
