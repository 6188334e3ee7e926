"""Random questions over small and awkward data: ``python -m tests.fuzz --seed 1 --count 1000 --placement postgres``.

Each question is asked of the gateway and of DuckDB alone over the same rows. What differs is shrunk and kept as a case.
"""
