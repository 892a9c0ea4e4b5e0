"""The engine for MariaDB and MySQL; needs PyMySQL, and is imported when it is configured only."""
