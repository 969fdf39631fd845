import pickle

from lookalike.errors import DecodeError, LookalikeError


def test_an_error_says_what_happened_and_what_to_do() -> None:
    error = DecodeError("a.jpg ends early.", "Copy it again.")
    assert str(error) == "a.jpg ends early. Copy it again."
    assert (error.code, error.status, error.retryable) == ("not-a-picture", 415, False)


def test_an_error_crosses_process_borders_whole() -> None:
    error = pickle.loads(pickle.dumps(DecodeError("m", "h", code="truncated")))
    assert isinstance(error, LookalikeError)
    assert (error.message, error.hint, error.code) == ("m", "h", "truncated")
