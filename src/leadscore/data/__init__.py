"""Data: from any export to a history of leads in time order, with honest labels.

Reading (sources, times), what a column is (schema, inference), what became of a lead (outcomes), what was known when
(snapshots), which columns give the outcome away (leakage), what each holds (quality) and how it moves (drift), how the
history is cut (splits), and leads that never lived (synthetic).
"""
