"""`python -m copipe`."""

from copipe.cli.app import main

if __name__ == "__main__":
    main()
