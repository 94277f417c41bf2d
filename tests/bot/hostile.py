"""Openings as only members type them."""

HOSTILE_OPENINGS = {
    "over forty characters": "Shall I compare thee to a summer's day, or is it rather autumn now?",
    "capitals": "SHALL I COMPARE THEE",
    "emoji only": "🦕🌹👨‍👩‍👧‍👦",
    "accents": "Où sont les neiges d'antan, ma chère",
    "line breaks": "Shall I\ncompare\r\nthee\n\n",
    "mentions": "@everyone <@123> <@&4> <#5> @here",
    "markdown": "**bold** _it_ ~~no~~ ||spoiler|| `code` ```\nblock``` > quote\n# title\n- list",
    "links": "[free](https://evil.example) https://evil.example <https://evil.example>",
    "zero-width": "Sh\u200ball \u2060I\ufeff",
    "right to left": "האם אשווה אותך \u202eולא",
    "exactly 300": "la " * 100,
    "empty": "",
    "trailing space": "Shall I ",
    "footer look-alike": "a” · temperature 2 · seed 7",
}
