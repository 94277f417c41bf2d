"""Discord simulator on loopback: for trying the bot without a token, and for end-to-end tests.

It simulates a server with one channel, or several, their REST API and gateway as far as the bot
uses them, and a web page on which a person acts as one of the members of the first. The
client is an unmodified discord.py over real sockets. What Discord would reject is rejected with the
same error codes.

    server.py    LocalDiscord: starts everything; methods for tests
    rest.py      REST routes, token check, rate limits
    gateway.py   WebSocket: sessions, heartbeats, resuming
    page.py      what the page shows, and what a member does there (its files are in web/)
    servers.py   several servers, and the shards that they belong to
    state.py     a server, its commands, every interaction
    channel.py   messages and files
    records.py   messages, interactions, files, their payloads, and the events about them
    guild.py     the server, its roles and members
    registry.py  registered commands
    limits.py    error codes, limits of payloads, rate limits

Start with `simulators.discord.server.LocalDiscord`.
"""
