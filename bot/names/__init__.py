"""Names: `/dinoname`, `/name`, `/dissect`, autocompletion."""
