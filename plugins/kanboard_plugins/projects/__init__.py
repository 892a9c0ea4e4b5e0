"""The procedure group projects."""
