"""The procedure group users."""
