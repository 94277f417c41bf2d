"""Pictures: plaques, dissections, loss curves."""
