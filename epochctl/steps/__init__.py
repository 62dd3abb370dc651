"""One module per word the user types. A step reads like the sentence a person would say.

Siblings never import each other.
"""
