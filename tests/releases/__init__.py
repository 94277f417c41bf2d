"""Files that releases have written, which every later version reads."""
