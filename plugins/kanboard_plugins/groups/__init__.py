"""The procedure group groups."""
