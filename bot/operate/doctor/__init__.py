"""`python -m bot doctor`: finds what keeps the bot from running, and says what to do.

Each check imports what it needs itself, so that a missing package is one finding among others.
"""
