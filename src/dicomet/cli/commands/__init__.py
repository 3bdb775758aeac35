"""Commands and their options, for typer; each command imports what it needs when it runs."""
