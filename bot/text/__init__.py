"""Texts for members: styled text, numbers and lists, and technical text."""
