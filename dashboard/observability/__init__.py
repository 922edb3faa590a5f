"""Requests, errors and latencies of versions: counts by minute, hour and day, and single requests.

ingest/     A batch from an edge: validated, checked to be the next one, added to the rollups
queries/    Traffic, health, series and comparisons, read from the rollups
charts/     The Charts pages and their drawings
flags/      Versions whose requests fail too often
versions/   Figures of two versions side by side
requests/   The Requests pages: list, search, trace of one request, live log
models.py   The rollups, gaps and flags
messages.py Errors that agents log, toasts
"""
