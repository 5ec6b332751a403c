"""`python -m benchmarks`: every measurement that needs nothing but this checkout, one after the other."""

from benchmarks import overhead

if __name__ == "__main__":
    overhead.main()
