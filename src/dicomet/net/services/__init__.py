"""What is done on associations, a module a service class. PS3.4."""
