"""A month: a community of 200 members and three smaller ones, on a clock that jumps.

    python -m tools.month --days 30 --seed 0

    processes.py  the bot's processes and the chat between them; any can be killed at any moment
    owners.py     eggs, gifts and swaps, and who may own what afterwards
    month.py      what happens: votes, outages, kills, removals; and what must hold each day

Requests reach the bot as turns, behind the clients of the platforms: the tests' `FakeTurn` and
`FakePlatform`. Networks and pictures are the tests' fakes. With a PostgreSQL database two processes
serve all communities; with SQLite, one does.
"""
