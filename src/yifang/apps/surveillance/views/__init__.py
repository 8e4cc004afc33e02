"""The pages of surveillance: signals (`signals`), the situation and what is behind its numbers, the weekly bulletin."""
