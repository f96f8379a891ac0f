"""The Jupyter server extension: REST endpoints for the front end, and the embedded scheduler."""
