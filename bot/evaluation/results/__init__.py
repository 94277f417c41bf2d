"""Results of an evaluation: tables, targets, headline figures."""
