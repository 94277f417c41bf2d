"""`python -m bot migrate`, `backup`, `restore` and `healthcheck`: what an operator runs."""
