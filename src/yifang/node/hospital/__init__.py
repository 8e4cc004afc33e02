"""A hospital to practise on: its databases and its WebService on this machine, filled by `world`, living as it runs.

`yifang world hospital` starts it and says how to connect; what is done with it is written in `docs/connect.md`.
"""
