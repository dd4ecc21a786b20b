"""Many image files enlarged in one go: which ones, where the results go, and the work itself.

`inputs` finds the files, `targets` names the results, `flow` reads, enlarges and writes at the same time.
"""
