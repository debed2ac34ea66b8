"""Benchmarks: ours and the other side in one run, as ratios. Not collected by pytest; nothing asserts on a time."""
