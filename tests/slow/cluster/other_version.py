"""A preload of `dask worker`: makes it a worker of another version of the bot."""

from bot.writing import installation

installation.SOURCES = installation.SOURCES[:1]
