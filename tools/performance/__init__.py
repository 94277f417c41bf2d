"""Benchmark of speed: the project's writing in NumPy beside Keras and the machine.

    timing.py    repetitions in turn, their median and spread; the machine and its rates
    networks.py  one step of the same network: NumPy, Keras twice, its products alone
    texts.py     names, lines, poems, batches
    page.py      tables, and the page docs/performance.md

Run with: python -m tools.performance
"""
