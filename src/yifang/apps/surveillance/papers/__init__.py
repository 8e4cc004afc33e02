"""The shipped templates of the weekly bulletin; a region's own stand in the data folder (docs/bulletin.md)."""
