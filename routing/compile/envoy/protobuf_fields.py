"""Fields of Envoy's messages that this edge uses: number and type, from Envoy's .proto files.

Types are those of `protobuf._SCALARS`, a message or an enum below; `repeated` and `map` (from text)
come before them.
"""

from __future__ import annotations

MESSAGES: dict[str, dict[str, tuple[int, str]]] = {
    "envoy.config.cluster.v3.CircuitBreakers": {
        "thresholds": (1, "repeated envoy.config.cluster.v3.CircuitBreakers.Thresholds"),
    },
    "envoy.config.cluster.v3.CircuitBreakers.Thresholds": {
        "max_connections": (2, "UInt32Value"),
        "max_pending_requests": (3, "UInt32Value"),
        "max_requests": (4, "UInt32Value"),
        "max_retries": (5, "UInt32Value"),
    },
    "envoy.config.cluster.v3.Cluster": {
        "name": (1, "string"),
        "type": (2, "envoy.config.cluster.v3.Cluster.DiscoveryType"),
        "connect_timeout": (4, "Duration"),
        "circuit_breakers": (10, "envoy.config.cluster.v3.CircuitBreakers"),
        "lb_subset_config": (22, "envoy.config.cluster.v3.Cluster.LbSubsetConfig"),
        "metadata": (25, "envoy.config.core.v3.Metadata"),
        "load_assignment": (33, "envoy.config.endpoint.v3.ClusterLoadAssignment"),
        "typed_extension_protocol_options": (36, "map Any"),
    },
    "envoy.config.cluster.v3.Cluster.LbSubsetConfig": {
        "fallback_policy": (1, "envoy.config.cluster.v3.Cluster.LbSubsetConfig.FallbackPolicy"),
        "default_subset": (2, "Struct"),
        "subset_selectors": (
            3,
            "repeated envoy.config.cluster.v3.Cluster.LbSubsetConfig.LbSubsetSelector",
        ),
    },
    "envoy.config.cluster.v3.Cluster.LbSubsetConfig.LbSubsetSelector": {
        "keys": (1, "repeated string"),
    },
    "envoy.config.core.v3.Address": {
        "pipe": (2, "envoy.config.core.v3.Pipe"),
    },
    "envoy.config.core.v3.DataSource": {
        "inline_string": (3, "string"),
    },
    "envoy.config.core.v3.HeaderValue": {
        "key": (1, "string"),
        "value": (2, "string"),
    },
    "envoy.config.core.v3.HeaderValueOption": {
        "header": (1, "envoy.config.core.v3.HeaderValue"),
    },
    "envoy.config.core.v3.Http1ProtocolOptions": {},
    "envoy.config.core.v3.HttpProtocolOptions": {
        "idle_timeout": (1, "Duration"),
        "max_headers_count": (2, "UInt32Value"),
        "max_response_headers_kb": (7, "UInt32Value"),
    },
    "envoy.config.core.v3.Metadata": {
        "filter_metadata": (1, "map Struct"),
    },
    "envoy.config.core.v3.Pipe": {
        "path": (1, "string"),
    },
    "envoy.config.endpoint.v3.ClusterLoadAssignment": {
        "cluster_name": (1, "string"),
        "endpoints": (2, "repeated envoy.config.endpoint.v3.LocalityLbEndpoints"),
    },
    "envoy.config.endpoint.v3.Endpoint": {
        "address": (1, "envoy.config.core.v3.Address"),
    },
    "envoy.config.endpoint.v3.LbEndpoint": {
        "endpoint": (1, "envoy.config.endpoint.v3.Endpoint"),
        "metadata": (3, "envoy.config.core.v3.Metadata"),
    },
    "envoy.config.endpoint.v3.LocalityLbEndpoints": {
        "lb_endpoints": (2, "repeated envoy.config.endpoint.v3.LbEndpoint"),
    },
    "envoy.config.route.v3.DirectResponseAction": {
        "status": (1, "uint"),
        "body": (2, "envoy.config.core.v3.DataSource"),
    },
    "envoy.config.route.v3.FilterConfig": {
        "config": (1, "Any"),
        "disabled": (3, "bool"),
    },
    "envoy.config.route.v3.HeaderMatcher": {
        "name": (1, "string"),
        "present_match": (7, "bool"),
        "invert_match": (8, "bool"),
        "string_match": (13, "envoy.type.matcher.v3.StringMatcher"),
        "treat_missing_header_as_empty": (14, "bool"),
    },
    "envoy.config.route.v3.RetryPolicy": {
        "retry_on": (1, "string"),
        "num_retries": (2, "UInt32Value"),
        "retry_back_off": (8, "envoy.config.route.v3.RetryPolicy.RetryBackOff"),
    },
    "envoy.config.route.v3.RetryPolicy.RetryBackOff": {
        "base_interval": (1, "Duration"),
        "max_interval": (2, "Duration"),
    },
    "envoy.config.route.v3.Route": {
        "match": (1, "envoy.config.route.v3.RouteMatch"),
        "route": (2, "envoy.config.route.v3.RouteAction"),
        "metadata": (4, "envoy.config.core.v3.Metadata"),
        "direct_response": (7, "envoy.config.route.v3.DirectResponseAction"),
        "response_headers_to_add": (10, "repeated envoy.config.core.v3.HeaderValueOption"),
        "request_headers_to_remove": (12, "repeated string"),
        "typed_per_filter_config": (13, "map Any"),
        "name": (14, "string"),
    },
    "envoy.config.route.v3.RouteAction": {
        "cluster": (1, "string"),
        "cluster_header": (2, "string"),
        "weighted_clusters": (3, "envoy.config.route.v3.WeightedCluster"),
        "timeout": (8, "Duration"),
        "hash_policy": (15, "repeated envoy.config.route.v3.RouteAction.HashPolicy"),
        "idle_timeout": (24, "Duration"),
        "upgrade_configs": (25, "repeated envoy.config.route.v3.RouteAction.UpgradeConfig"),
    },
    "envoy.config.route.v3.RouteAction.HashPolicy": {
        "header": (1, "envoy.config.route.v3.RouteAction.HashPolicy.Header"),
    },
    "envoy.config.route.v3.RouteAction.HashPolicy.Header": {
        "header_name": (1, "string"),
    },
    "envoy.config.route.v3.RouteAction.UpgradeConfig": {
        "upgrade_type": (1, "string"),
    },
    "envoy.config.route.v3.RouteConfiguration": {
        "name": (1, "string"),
        "virtual_hosts": (2, "repeated envoy.config.route.v3.VirtualHost"),
        "validate_clusters": (7, "BoolValue"),
        "request_headers_to_remove": (8, "repeated string"),
        "typed_per_filter_config": (16, "map Any"),
    },
    "envoy.config.route.v3.RouteMatch": {
        "prefix": (1, "string"),
        "path": (2, "string"),
        "headers": (6, "repeated envoy.config.route.v3.HeaderMatcher"),
        "connect_matcher": (12, "envoy.config.route.v3.RouteMatch.ConnectMatcher"),
        "dynamic_metadata": (13, "repeated envoy.type.matcher.v3.MetadataMatcher"),
    },
    "envoy.config.route.v3.RouteMatch.ConnectMatcher": {},
    "envoy.config.route.v3.ScopedRouteConfiguration": {
        "name": (1, "string"),
        "key": (3, "envoy.config.route.v3.ScopedRouteConfiguration.Key"),
        "route_configuration": (5, "envoy.config.route.v3.RouteConfiguration"),
    },
    "envoy.config.route.v3.ScopedRouteConfiguration.Key": {
        "fragments": (1, "repeated envoy.config.route.v3.ScopedRouteConfiguration.Key.Fragment"),
    },
    "envoy.config.route.v3.ScopedRouteConfiguration.Key.Fragment": {
        "string_key": (1, "string"),
    },
    "envoy.config.route.v3.VirtualHost": {
        "name": (1, "string"),
        "domains": (2, "repeated string"),
        "routes": (3, "repeated envoy.config.route.v3.Route"),
        "retry_policy": (16, "envoy.config.route.v3.RetryPolicy"),
    },
    "envoy.config.route.v3.WeightedCluster": {
        "clusters": (1, "repeated envoy.config.route.v3.WeightedCluster.ClusterWeight"),
        "use_hash_policy": (5, "BoolValue"),
    },
    "envoy.config.route.v3.WeightedCluster.ClusterWeight": {
        "name": (1, "string"),
        "weight": (2, "UInt32Value"),
    },
    "envoy.extensions.filters.http.ext_authz.v3.ExtAuthzPerRoute": {
        "disabled": (1, "bool"),
    },
    "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
        "common_http_protocol_options": (1, "envoy.config.core.v3.HttpProtocolOptions"),
        "explicit_http_config": (
            3,
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions.ExplicitHttpConfig",
        ),
    },
    "envoy.extensions.upstreams.http.v3.HttpProtocolOptions.ExplicitHttpConfig": {
        "http_protocol_options": (1, "envoy.config.core.v3.Http1ProtocolOptions"),
    },
    "envoy.type.matcher.v3.MetadataMatcher": {
        "filter": (1, "string"),
        "path": (2, "repeated envoy.type.matcher.v3.MetadataMatcher.PathSegment"),
        "value": (3, "envoy.type.matcher.v3.ValueMatcher"),
    },
    "envoy.type.matcher.v3.MetadataMatcher.PathSegment": {
        "key": (1, "string"),
    },
    "envoy.type.matcher.v3.RegexMatcher": {
        "regex": (2, "string"),
    },
    "envoy.type.matcher.v3.StringMatcher": {
        "exact": (1, "string"),
        "safe_regex": (5, "envoy.type.matcher.v3.RegexMatcher"),
        "contains": (7, "string"),
    },
    "envoy.type.matcher.v3.ValueMatcher": {
        "string_match": (3, "envoy.type.matcher.v3.StringMatcher"),
    },
}

ENUMS: dict[str, dict[str, int]] = {
    "envoy.config.cluster.v3.Cluster.DiscoveryType": {"STATIC": 0},
    "envoy.config.cluster.v3.Cluster.LbSubsetConfig.FallbackPolicy": {"DEFAULT_SUBSET": 2},
}
