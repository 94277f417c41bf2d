showIcon("#f0932b");

// ---- The member whom the page acts as

document.querySelectorAll("#who input").forEach((input) => input.addEventListener("change", () => {
  state.as = input.value;
  if (filling) stopCommand();
  listen();
}));
document.querySelector("#who input[value=member]").checked = true;
listen();
text.focus();
