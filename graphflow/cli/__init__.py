"""The command line: `graphflow COMMAND`, a module for each command."""
