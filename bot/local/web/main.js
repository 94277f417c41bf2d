const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><circle cx="16" cy="16" r="16" fill="#f0932b"/><path fill="#fff" d="${SAUROPOD}"/></svg>`;
document.head.append(el("link", { rel: "icon", href: `data:image/svg+xml,${encodeURIComponent(icon)}` }));

// ---- The member whom the page acts as

document.querySelectorAll("#who input").forEach((input) => input.addEventListener("change", () => {
  state.as = input.value;
  if (filling) stopCommand();
  listen();
}));
document.querySelector("#who input[value=member]").checked = true;
listen();
text.focus();
