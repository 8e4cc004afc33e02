"""How surveillance is told on its pages: signals, what is chosen, pictures, the bulletin. Words only; no changes."""
