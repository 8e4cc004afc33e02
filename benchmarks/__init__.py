"""The figures that the project promises, each measured by a command: `./dev bench [NAME…]`."""
