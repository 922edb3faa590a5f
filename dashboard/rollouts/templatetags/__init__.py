"""Tags for the templates of rollouts."""
