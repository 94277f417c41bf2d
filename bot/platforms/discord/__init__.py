"""Discord's side: the client, rendering, buttons, and the commands."""
