"""The procedure group me."""
