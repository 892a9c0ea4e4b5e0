"""The query language of ``searchTasks``. Source: spec page "search".

A query is cut into tokens (``lexer``), which become values of filters (``query``); each filter makes conditions of its
values, and all conditions become one statement (``finding``). Filters are contributed by plugins; those of tasks
themselves are in ``filters``.
"""
