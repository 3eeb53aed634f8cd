"""What holds for every test: the same examples in every run, unless TOBS_FUZZ asks for new ones."""

import os

from hypothesis import settings

settings.register_profile("same", derandomize=True, deadline=None, database=None)
settings.register_profile("fuzz", derandomize=False, deadline=None)
settings.load_profile("fuzz" if os.environ.get("TOBS_FUZZ") else "same")
