"""Conversations recorded with Kanboard, replayed against this server."""
