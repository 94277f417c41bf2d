"""Turns of the networks: fair queues, and the thread that the networks run in."""
