"""The engine SQLite: readers, and one writer that commits in groups."""

from kanboard_core.database.sqlite.engine import Sqlite

__all__ = ["Sqlite"]
