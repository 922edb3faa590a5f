"""The Cloudflare-compatible API: envelope, error codes, one file per resource."""
