"""The other side and an account connected to it, as in tests/dashboard/cloud."""

from tests.dashboard.cloud.conftest import cloud_on, misbehave, other
from tests.dashboard.cloud.pages.conftest import account, never_leaves_this_process, root

__all__ = ["account", "cloud_on", "misbehave", "never_leaves_this_process", "other", "root"]
