"""Monitoring of the running bot for its operator: requests, metrics, health, errors."""
