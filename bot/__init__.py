"""The chat: Mangosaurus on Discord."""
