"""Benchmark of speed: the project's writing in NumPy beside Keras, onnxruntime and the machine.

    timing.py    repetitions in turn, their median and spread
    machine.py   what it runs on, and the rates of its matrix products
    networks.py  one step of the same network: NumPy, Keras twice, onnxruntime, its products alone
    texts.py     names, lines, poems, batches; updates of a training
    sockets.py   the whole bot, on both platforms
    page.py      tables, plots, and the page docs/performance.md

Run with: python -m benchmarks.performance
"""
