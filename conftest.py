"""Names the plugins; the fixtures and the conductor do the rest."""

from fixtures import PLUGINS as pytest_plugins  # noqa: F401
