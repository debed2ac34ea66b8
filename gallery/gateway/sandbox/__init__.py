"""The built-in gateway: draws placeholder pictures on this machine and answers in each gateway's own shape."""
