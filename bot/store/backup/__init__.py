"""Copies of whole databases: a consistent view for reading, and filling an empty one."""
