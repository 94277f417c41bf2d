// ---- Which platforms are shown: kept in the address, so that it survives a reload

const switches = [...document.querySelectorAll("input[name=shown]")];

function show(shown) {
  const chosen = switches.find((input) => input.value === shown) || switches.find((input) => input.value === "both");
  chosen.checked = true;
  document.body.dataset.shown = chosen.value;
}

switches.forEach((input) => input.addEventListener("change", () => {
  history.replaceState(null, "", `#${input.value}`);
  show(input.value);
}));
addEventListener("hashchange", () => show(location.hash.slice(1)));
show(location.hash.slice(1));
showIcon("#f0932b");
$("icon").append(svg(SAUROPOD));

// ---- The clock of both platforms: told while it is ahead of the real one

const clockButtons = document.querySelectorAll("#clock button");
let isMoved = false;
const shownTime = () => new Date(now()).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });

function showTime() { tell("simulated", isMoved ? shownTime() : ""); }

// Ask for the time, or move it on. Screen readers hear the time after a move; a problem is shown, too.
async function askClock(method, query = "") {
  let problem = "The bot cannot be reached. Is it running?", reason = "";
  clockButtons.forEach((button) => { button.disabled = true; });  // a move takes seconds
  try {
    const answer = await fetch(`clock${query}`, { method, headers: { "X-Local-Csrf": csrf }, cache: "no-store" });
    problem = answer.ok ? "" : await answer.text();
    if (answer.ok) {
      const state = await answer.json();
      ahead = state.now * 1000 - Date.now();
      isMoved = state.is_moved;
      reason = state.reason;
      showTime();
    }
  } catch (error) { if (!(error instanceof TypeError)) throw error; } finally {
    clockButtons.forEach((button) => { button.disabled = false; });
  }
  $("said").classList.toggle("sr", !problem && !reason);
  $("said").textContent = problem || (query && (reason || `It is ${shownTime()} now.`));
}

clockButtons.forEach((button) => button.addEventListener("click", () => askClock("POST", `?hours=${button.dataset.hours}`)));
setInterval(showTime, 1000);
askClock("GET");
