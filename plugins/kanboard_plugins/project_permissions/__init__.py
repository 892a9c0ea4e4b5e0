"""The procedure group project_permissions."""
