"""The Discord side of each command: options parsed, replies rendered, and nothing else."""
