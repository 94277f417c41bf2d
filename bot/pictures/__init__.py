"""Pictures: plaques, plates of creatures, dissections, loss curves."""
