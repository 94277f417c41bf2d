"""Fuzzing: the parsers of what strangers upload, on inputs that are made to break them.

`make fuzz` runs every target under libFuzzer (atheris), which mutates inputs towards code that no
input has reached yet. `test_targets.py` runs them on random inputs, without atheris.
"""
