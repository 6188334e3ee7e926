"""Contracts (ODCS v3, one YAML file per product and major version) → the catalog; and whether the stores agree.

``Contracts`` reads a folder, ``agree`` asks the stores. Both tell every problem they find, not only the first.
"""

from gateway.contracts.agreement import Agreement, agree, remembered
from gateway.contracts.folder import Contracts, contract_files, load

__all__ = ["Agreement", "Contracts", "agree", "contract_files", "load", "remembered"]
