"""Soak: members use the bot for minutes, while everything goes wrong that can.

    python -m tools.soak --minutes 20 --seed 0

    faults.py      which fault comes when, from a seed, and how; database.py those of the database
    supervisor.py  the bot's process: restarts, memory, clock
    crowd.py       members and what they do
    ledger.py      every interaction and its fate; records.py what the bot confirmed
    report.py      the summary and the promises
    soak.py        puts them together

The bot is a real process, connected to the simulator in this one over real sockets.
"""
