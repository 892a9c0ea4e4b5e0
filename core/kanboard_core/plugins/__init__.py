"""The plugins: which there are, which of them run and why, what they registered, and switching them."""

from kanboard_core.plugins.manager import (
    CORE,
    DISTRIBUTION,
    Failure,
    Plugin,
    PluginError,
    Plugins,
    Trace,
    in_words,
)

__all__ = ["CORE", "DISTRIBUTION", "Failure", "Plugin", "PluginError", "Plugins", "Trace", "in_words"]
