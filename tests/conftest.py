"""Every test's runs start their kernels cold, unless it says otherwise."""

import os

# a process kept for the next run of a folder that is thrown away would only take time
os.environ["NBMLOPS_WARM_KERNELS"] = "0"
