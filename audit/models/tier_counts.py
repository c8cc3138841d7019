"""What asking in a coarser precision counts, by name: numbers that may be added up over parts and processes."""

#: A decision is in doubt if its margin is less than so many times the largest move seen.
FACTOR = 4.0
#: Beginning of all names.
COUNTED = "tier_"
#: Beginning of a name that ends with a number: the largest difference of a probability in one call, rounded up.
LARGEST = f"{COUNTED}largest_"
#: Inputs asked about after compiling had failed, by the model as it is.
UNCOMPILED = f"{COUNTED}uncompiled"
