"""The procedure group columns."""
