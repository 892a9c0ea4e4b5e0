"""The fixtures of the test kit, as authors of plugins use them; how long a randomised test may take and search."""

from hypothesis import HealthCheck, settings

pytest_plugins = ["kanboard_core.testing"]

# A machine that is busy must not fail a test, nor must a run whose dice hit upon few inputs of the kind wanted.
settings.register_profile(
    "suite", deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
settings.load_profile("suite")
