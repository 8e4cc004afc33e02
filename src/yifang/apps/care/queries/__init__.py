"""Reads of care, one module for each page; every one takes the viewer."""
