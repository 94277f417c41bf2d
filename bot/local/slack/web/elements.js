let known = { members: {}, channels: [], messages: [] };  // what the simulator has sent

async function act(what, body, files = {}) {
  const form = new FormData();
  form.append("payload", JSON.stringify({ do: what, as: place.as, channel: place.channel, ...body }));
  for (const [name, file] of Object.entries(files)) form.append(name, file);
  complain("");
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
