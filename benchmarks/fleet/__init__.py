"""Several processes that each run some of the shards of one bot."""
