"""A year: a community of 200 members and seven smaller ones, on a clock that jumps.

    python -m tools.year --days 366 --seed 0

    processes.py  the bot's processes and the chat between them; any can be killed at any moment
    ledger.py     what must be true, written down beside the bot in plain Python
    year.py       what happens: votes, outages, kills, removals, communities that leave

Requests reach the bot as turns, behind the clients of the platforms: the tests' `FakeTurn` and
`FakePlatform`. Networks and pictures are the tests' fakes. With a PostgreSQL database two processes
serve all communities; with SQLite, one does.
"""
