"""Models: from the fields of a lead to two likelihoods, and the Bundle that keeps them.

Encoding, families, calibration, measures and reasons. What a likelihood is worth and who acts on it is not decided
here.
"""
