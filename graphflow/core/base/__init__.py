"""The ground that everything stands on: errors, element types, static shapes, nested structures.

Imports nothing of graphflow but its protos.
"""
