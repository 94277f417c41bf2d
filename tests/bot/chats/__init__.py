"""The same tests on each chat platform: what members do there, and what they see."""
