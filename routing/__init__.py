"""Which version answers: rules → snapshot → compile → agent, and the rows behind them.

`rules` decides (pure). `models` are the rows; `upload`, `deploy` and `publish` act on them.
`snapshot` is all an edge knows; `compile` turns it into configuration; `agent` runs it. The
vocabulary, the pipeline and who may import whom are in README.md beside this file.
"""
