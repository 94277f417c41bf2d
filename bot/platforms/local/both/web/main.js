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
