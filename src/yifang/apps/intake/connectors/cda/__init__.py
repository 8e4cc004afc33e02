"""Shared documents (CDA, WS/T 500) that a document repository writes into a folder, one visit each."""
