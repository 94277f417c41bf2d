"""Discord's side: the client, rendering, buttons, and one cog for each command."""
