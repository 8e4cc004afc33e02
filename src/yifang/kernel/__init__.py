"""The ground everything stands on: codes, ids, time, digests, errors and their words, registries. Imports no room."""
