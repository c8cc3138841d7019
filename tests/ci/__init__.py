"""What CI systems, package managers and editors are given: run or read here as they would."""
