"""HTTP: routes that ask the factory, call, and return."""
