"""Figures and stored logs of Workers, as Cloudflare's analytics APIs have them.

graphql.py                  POST /graphql
graphql_schema.py           The part of Cloudflare's schema that Sluice has, and its resolvers
invocation_groups.py        Rollups grouped by dimensions: the rows of `workersInvocationsAdaptive`
telemetry.py                Workers Observability: query, keys, values
telemetry_schemas.py        Their bodies
telemetry_events.py         Stored requests and console lines as events
telemetry_filters.py        Which events match (pure)
telemetry_calculations.py   Groups, counts, quantiles (pure)
messages.py                 Texts
"""
