"""Why a variable was not set."""

NAME_INVALID = "A name has letters, digits and _, and does not start with a digit."
VALUE_TOO_LONG = "A value has at most 8 KB."


def too_many(limit: int) -> str:
    return f"A Worker has at most {limit} variables."
