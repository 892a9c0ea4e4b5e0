"""The procedure group swimlanes."""
