"""The procedure group categories."""
