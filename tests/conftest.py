"""What holds for every test: cold kernels, and patience with a busy machine."""

import os

from hypothesis import HealthCheck, settings

# a process kept for the next run of a folder that is thrown away would only take time
os.environ["NBMLOPS_WARM_KERNELS"] = "0"

# how fast examples are made says nothing of what is tested
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")
