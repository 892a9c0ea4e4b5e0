"""Access to the database: statements, transactions, jobs.

What a plugin needs::

    from kanboard_core.database import Transaction, one_of, param, statement
"""

from kanboard_core.database.errors import Conflict
from kanboard_core.database.model import Model
from kanboard_core.database.statements import Row, Statement, insertion, integers, like_one_of, one_of, param, statement

__all__ = [
    "Conflict",
    "Model",
    "Row",
    "Statement",
    "insertion",
    "integers",
    "like_one_of",
    "one_of",
    "param",
    "statement",
]
