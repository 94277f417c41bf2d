"""Tests of the measures of sense."""
