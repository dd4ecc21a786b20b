"""The exit statuses of the `srfast` command."""

DONE = 0
"""Everything was done."""
SOME_FAILED = 1
"""Some of several inputs failed."""
NOTHING_DONE = 2
"""Nothing was done, or the command line was wrong."""
