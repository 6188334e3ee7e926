"""What domain teams extend: one connector per kind of store, behind the contract in :mod:`connectors.spi`."""
