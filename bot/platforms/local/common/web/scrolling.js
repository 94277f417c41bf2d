// ---- Scrolling: the newest message stays in view while messages grow, until the reader scrolls up

function followNewest(box, content) {
  let follows = true, last = 0;
  const toBottom = () => { follows = true; box.scrollTop = box.scrollHeight; };
  const update = () => { if (follows) toBottom(); };
  new ResizeObserver(update).observe(content);
  box.addEventListener("scroll", () => {
    if (box.scrollHeight - box.scrollTop - box.clientHeight < 120) follows = true;
    else if (box.scrollTop < last) follows = false;
    last = box.scrollTop;
  });
  return { toBottom, update, stay: () => { follows = false; } };
}
