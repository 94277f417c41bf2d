"""Benchmark of speed: the project's writing in NumPy beside Keras, onnxruntime and the machine.

    timing.py    repetitions in turn, their median and spread; the machine and its rates
    networks.py  one step of the same network: NumPy, Keras twice, onnxruntime, its products alone
    texts.py     names, lines, poems, batches; updates of a training
    page.py      tables, and the page docs/performance.md

Run with: python -m tools.performance
"""
