"""Discord's side: the client, rendering, buttons, and the cog with all commands."""
