"""The procedure group boards."""
