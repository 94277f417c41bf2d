"""Simulators of Discord and Slack on loopback, with a page: to try the bot, and for tests.

discord/    a Discord server, or several
slack/      a Slack workspace
both/       both at one address, side by side
common/     what they share: the address, the page, faults made on purpose, the clock
"""
