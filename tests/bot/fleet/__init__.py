"""Tests of the processes of one bot."""
