"""The networks and their mathematics, written to be read: see docs/networks.md for an order."""
