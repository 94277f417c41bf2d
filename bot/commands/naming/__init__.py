"""Names: `/dinoname`, `/name`, `/dissect`, and suggestions while typing."""
