"""Measures a server against another, or against the limit that aiohttp sets; see README.md in this folder."""
