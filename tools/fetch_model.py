"""Fetch the language model of lesson 10 into the user's cache, where it is not there yet (93 MB, once).

`make lab` and `make test` run it as the last step of their set-up. Without a network it says so and
ends well: everything else works, and lesson 10 says what is missing.
"""

from ticketlab.language import ModelNotFound, fetch

if __name__ == "__main__":
    try:
        print("The model of lesson 10:", fetch().origin)
    except (ModelNotFound, OSError) as error:
        print(f"{error}\nLesson 10 will show stored figures only, and its comparison is skipped.")
