// ---- The thread beside the messages

function openThread(ts) {
  place.thread = ts;
  show(known);
  $("close-thread").focus();
}

function showThread(replies) {
  const first = known.messages.find((message) => message.ts === place.thread);
  $("thread").hidden = !first || place.isHome;
  if (!first) return;
  draw($("replies"), [first, ...(replies.get(first.ts) || [])].map((message) => [message.ts, { ...message, replies: 0 }, messageNode, null]));
}

function closeThread() {
  place.thread = "";
  show(known);
  $("text").focus();
}

$("close-thread").addEventListener("click", closeThread);
$("thread").addEventListener("keydown", (event) => { if (event.key === "Escape") closeThread(); });
