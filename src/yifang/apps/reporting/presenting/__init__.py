"""How reporting is told on its pages: words, rows, forms. Reads nothing and changes nothing."""
