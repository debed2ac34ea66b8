"""Several hosts on one machine; `python -m tests.hosts`."""
