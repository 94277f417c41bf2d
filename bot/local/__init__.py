"""A small Discord on loopback, for trying the bot without a token and for end-to-end tests.

    server.py    LocalDiscord: listens, keeps strangers out, and is the window of a test
    rest.py      the REST routes, with tokens and rates
    gateway.py   the websocket: sessions, heartbeats, resuming
    page.py      what the page (page.html) sees and may ask for
    state.py     what happens: messages, interactions, who hears of them
    records.py   messages, interactions, files, as the API describes them
    guild.py     the one server and its people; more can be added
    registry.py  the registered commands
    limits.py    what the platform refuses

Start with `bot.local.server.LocalDiscord`.
"""
