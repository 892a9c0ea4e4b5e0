"""The built-in plugins, one folder a procedure group."""
