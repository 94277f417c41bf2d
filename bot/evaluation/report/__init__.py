"""The scoreboard: tables, plots, the page and the stored figures."""
