"""A Dask cluster that writes texts and trains networks for the bot.

Only `connection` imports `distributed`, when it connects.
"""
