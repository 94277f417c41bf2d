"""Simulators of several platforms at one address, on a page that shows them side by side.

server.py    SideBySide: starts them, and moves their clock on

The files of the page are in web/.
"""
