"""Benchmarks: ``make bench`` prints one table, ``make bench JSON=1`` one JSON object.

Every figure comes from whole processes over real MTProto on loopback. What
counts is ratios within one run; absolute figures are the machine's.
"""
