"""What processes that share a PostgreSQL database tell each other: locks, cooldowns, commands."""
