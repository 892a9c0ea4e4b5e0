"""The configuration: what can be configured, reading it, showing it, editing its file."""

from kanboard_core.configuration.core_schema import CORE_SCHEMA
from kanboard_core.configuration.loading import Configuration, ConfigurationError, load, parsed, text_of
from kanboard_core.configuration.options import Option, Schema, Section, a_network, a_path, a_web_address

__all__ = [
    "CORE_SCHEMA",
    "Configuration",
    "ConfigurationError",
    "Option",
    "Schema",
    "Section",
    "a_network",
    "a_path",
    "a_web_address",
    "load",
    "parsed",
    "text_of",
]
