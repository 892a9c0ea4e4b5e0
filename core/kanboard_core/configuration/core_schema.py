"""The options of the core: those that there are whichever plugins run."""

from kanboard_core.configuration.options import (
    Option,
    Schema,
    Section,
    a_network,
    a_path,
    a_prefix,
    a_web_address,
    an_hour,
)

CORE_SCHEMA = Schema(
    (
        Section(
            "server",
            "Where the server listens, and how much it takes at once.",
            (
                Option("host", "127.0.0.1", "Address to listen on. 0.0.0.0 is every IPv4 address of this machine."),
                Option("port", 8080, "TCP port to listen on. 0 takes any that is free.", minimum=0, maximum=65535),
                Option(
                    "workers",
                    1,
                    "Processes that serve the address. With more than one, a parent process starts them, and another "
                    "one for each that dies.",
                    minimum=1,
                    maximum=256,
                ),
                Option("prefix", "", "Path that everything is served below, such as /kanboard.", check=a_prefix),
                Option("path", "/jsonrpc.php", "Path of the JSON-RPC endpoint, below the prefix.", check=a_path),
                Option(
                    "base_url",
                    "",
                    "Address that URLs in answers begin with. Empty: the application URL in Kanboard's settings, and "
                    "without one the host that the client named.",
                    check=a_web_address,
                ),
                Option("certificate", "", "PEM file with the certificate chain. With a key: HTTPS.", needs="key"),
                Option("key", "", "PEM file with the private key of the certificate.", needs="certificate"),
                Option("body_limit", 64 * 1024 * 1024, "Largest body of a request, in bytes.", minimum=1),
                Option("body_timeout", 60.0, "Seconds within which the body of a request must arrive.", minimum=0.01),
                Option("batch_limit", 10000, "Most calls in one batch.", minimum=1),
                Option(
                    "shutdown_timeout",
                    30.0,
                    "Seconds that requests under way are given to finish when the server stops.",
                    minimum=0,
                ),
                Option(
                    "daily_job_hour",
                    "",
                    "Hour of the day, 0 to 23 in the application's time zone, at which the server does what is to be "
                    "done once a day. Empty: kanboard-server cron does it.",
                    check=an_hour,
                ),
                Option(
                    "trusted_proxy_networks",
                    (),
                    "Networks of the reverse proxies whose headers are believed, such as 10.0.0.0/8.",
                    check=a_network,
                    constant=True,
                ),
                Option(
                    "trusted_proxy_headers",
                    (),
                    "Headers in which a trusted proxy names the client, such as HTTP_X_REAL_IP, HTTP_X_FORWARDED_FOR. "
                    "The first valid address found counts.",
                    constant=True,
                ),
            ),
        ),
        Section(
            "database",
            "Where the data are kept, and how they are read and written.",
            (
                Option(
                    "database_url",
                    "sqlite:data/db.sqlite",
                    "sqlite:FILE (relative to the working directory), postgresql://USER:PASSWORD@HOST:PORT/NAME or "
                    "mysql://USER:PASSWORD@HOST:PORT/NAME (MariaDB too).",
                    secret=True,
                    constant=True,
                ),
                Option(
                    "db_ssl_ca",
                    "",
                    "PostgreSQL, MySQL: file with the certificates by one of which the server's must be signed. With "
                    "it the connection is encrypted and the server proves who it is; without it the URL decides "
                    "(sslmode, ssl_mode).",
                    constant=True,
                ),
                Option(
                    "db_ssl_cert", "", "PostgreSQL, MySQL: file with the certificate to sign in with.", constant=True
                ),
                Option("db_ssl_key", "", "PostgreSQL, MySQL: file with the key of that certificate.", constant=True),
                Option(
                    "db_verify_server_cert",
                    True,
                    "PostgreSQL, MySQL: whether the name of the server must be that in its certificate.",
                    constant=True,
                ),
                Option(
                    "synchronous",
                    "full",
                    "SQLite: with full, an acknowledged write survives a power cut; with normal, only the end of this "
                    "process.",
                    choices=("full", "normal"),
                ),
                Option("readers", 2, "Reading at the same time: so many connections.", minimum=1, maximum=1000),
                Option(
                    "writers",
                    4,
                    "PostgreSQL, MySQL: writing at the same time, so many connections. SQLite has one writer.",
                    minimum=1,
                    maximum=1000,
                ),
                Option(
                    "indexes",
                    True,
                    "Give a new database indexes that Kanboard's own schema lacks. Kanboard runs unharmed with them.",
                ),
                Option("read_timeout", 30.0, "Seconds that a request may wait for its turn to read.", minimum=0.01),
                Option("write_timeout", 10.0, "Seconds that a request may wait for its turn to write.", minimum=0.01),
                Option("queue_limit", 1000, "Most requests waiting for the database; more are refused.", minimum=1),
            ),
        ),
        Section(
            "authentication",
            "Who may call, and what happens to those who fail.",
            (
                Option(
                    "api_authentication_token",
                    "",
                    "Application token, instead of the one stored in Kanboard's settings.",
                    secret=True,
                    constant=True,
                ),
                Option(
                    "api_authentication_header",
                    "",
                    "Name of a further header for credentials, such as X-API-Auth: the base64 of user:password. It "
                    "wins over Authorization.",
                    constant=True,
                ),
                Option(
                    "api_failures",
                    3,
                    "Failures from which the API refuses an account until it signs in through the login form or an "
                    "administrator unlocks it. 0 turns this off.",
                    minimum=0,
                ),
                Option("bruteforce_lockdown", 6, "Failures that do not lock an account yet.", minimum=0, constant=True),
                Option("bruteforce_lockdown_duration", 15, "Minutes that a lock lasts.", minimum=0, constant=True),
                Option(
                    "bruteforce_captcha",
                    3,
                    "Failures from which the login form shows a captcha.",
                    minimum=0,
                    constant=True,
                ),
                Option(
                    "external_auth_exclude_fields",
                    ("username",),
                    "Columns of accounts that a directory or a single sign-on doesn't overwrite, such as name, email.",
                    constant=True,
                ),
                Option(
                    "totp_issuer",
                    "Kanboard",
                    "What authenticators show beside the codes of a second factor.",
                    constant=True,
                ),
                Option(
                    "credential_cache_seconds",
                    60,
                    "Seconds that a verified password is remembered, in memory and keyed. 0 turns this off.",
                    minimum=0,
                ),
                Option("credential_cache_size", 1024, "Most verified passwords remembered.", minimum=1),
                Option(
                    "bcrypt_cost",
                    10,
                    "Cost of new password hashes; each step doubles the time. Above 10, Kanboard's own, a hash of a "
                    "lower cost is made anew when its account signs in with the password.",
                    minimum=10,
                    maximum=31,
                ),
            ),
        ),
        Section(
            "http",
            "Requests that the server makes to others: the webhook, pages that tasks are linked to.",
            (
                Option(
                    "http_timeout", 10.0, "Seconds within which an answer must arrive.", minimum=0.01, constant=True
                ),
                Option(
                    "http_verify_ssl_certificate",
                    True,
                    "Whether servers, also the one for mails, must prove by a certificate who they are.",
                    constant=True,
                ),
            ),
        ),
        Section(
            "plugins",
            "Which plugins run. Built-in ones do unless disabled, others only when enabled.",
            (
                Option("enabled", (), "Plugins of others to run."),
                Option("disabled", (), "Built-in plugins whose procedures are not offered."),
            ),
        ),
        Section(
            "logging",
            "What the server says about itself.",
            (
                Option(
                    "level",
                    "info",
                    "Least important messages that are logged.",
                    choices=("debug", "info", "warning", "error"),
                ),
                Option("access_log", "stderr", "Where a line for each request goes: stderr, off or a file."),
            ),
        ),
    )
)
"""The options of the core."""
