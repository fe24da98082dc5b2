"""`python -m rebond`: the command line, also where its program is not on the path."""

from rebond.cli import main

if __name__ == "__main__":
    main()
