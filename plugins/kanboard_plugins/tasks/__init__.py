"""The procedure group tasks."""
