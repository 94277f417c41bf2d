"""Slack simulator on loopback: for trying the bot without an account, and for end-to-end tests.

It simulates one workspace with its members and channels, the Web API and Socket Mode as far as the
bot uses them, and has a web page on which a person acts as one of the members. The client is an
unmodified slack_sdk over real sockets. What Slack would reject is rejected with the same error.

    server.py       LocalSlack: starts everything; methods for tests
    web_api.py      methods of the Web API, tokens, scopes, files, response_urls
    socket_mode.py  WebSockets, envelopes and acknowledgements
    page.py         what the page shows, and what a member does there (its files are in web/)
    state.py        every interaction, its payload and its answers
    messages.py     messages and files
    views.py        modals, home tabs, triggers
    forms.py        inputs that a member fills in
    records.py      messages, files, views, interactions
    blocks.py       what Slack accepts in blocks
    workspace.py    members and channels
    limits.py       errors, rate limits, scopes

Start with `simulators.slack.server.LocalSlack`. The rules of Slack that it keeps
are in `tests/end_to_end/slack/test_contract.py`, with their sources.
"""
