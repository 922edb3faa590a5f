"""Tags for the templates of Workers."""
