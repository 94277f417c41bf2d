"""Tests that are slow by nature: `make test-slow`. `make test` leaves them out."""
