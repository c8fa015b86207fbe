"""
What card companies ask for before they let a house take cards: the checks, the walk through the shop with its pictures, and the pack
of slides made of them.
"""
