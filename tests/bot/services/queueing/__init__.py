"""Tests of turns of the networks."""
