"""What code does decides its digest, and where it stands does not."""

from ticketlab.nets.bytecode import code_of, installed


def compiled(text):
    return compile(text, "somewhere", "exec")


def test_instructions_and_constants_decide_and_places_do_not():
    one = code_of(compiled("x = 1 + y"))
    assert one.digest == code_of(compiled("\n\n# a comment\nx = 1 + y")).digest
    assert len({one.digest, *(code_of(compiled(text)).digest for text in ("x = 2 + y", "x = 1 - y"))}) == 3
    assert one.outside == ("y",)


def test_whose_a_module_is():
    assert installed("torch.nn") and installed("json") and not installed(__name__)
