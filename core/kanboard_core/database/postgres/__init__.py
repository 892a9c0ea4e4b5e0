"""The engine PostgreSQL, from version 13 on: pools of threads with a connection each. Needs psycopg."""
