// ---- Times that are shown relative to now: elements with data-relative, in seconds since 1970

function relative(seconds) {
  const difference = seconds - Date.now() / 1000;
  const units = [["year", 31536000], ["month", 2592000], ["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
  const [unit, size] = units.find(([, length]) => Math.abs(difference) >= length) || units[5];
  return new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(Math.trunc(difference / size), unit);
}

setInterval(() => {
  document.querySelectorAll("time[data-relative]").forEach((node) => { node.textContent = relative(Number(node.dataset.relative)); });
}, 1000);
