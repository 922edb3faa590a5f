"""Tags for templates; settings load them everywhere."""
