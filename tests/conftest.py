"""The fixtures of the test kit, as authors of plugins use them."""

pytest_plugins = ["kanboard_core.testing"]
