"""The core of the Kanboard JSON-RPC server."""

__version__ = "0.1.0"
