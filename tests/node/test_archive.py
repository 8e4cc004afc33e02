"""The encrypted stream: what went in comes out; a changed, cut or reordered file does not open."""

import io

import pytest

from yifang.node import archive

CHUNK = archive._CHUNK


def sealed(body: bytes, passphrase: str = "赤水河") -> bytes:
    target = io.BytesIO()
    with archive.Encrypting(target, passphrase) as stream:
        stream.write(body)
    return target.getvalue()


def opened(file: bytes, passphrase: str = "赤水河") -> bytes:
    return io.BufferedReader(archive.Decrypting(io.BytesIO(file), passphrase)).read()


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 5])
def test_what_went_in_comes_out(size):
    body = bytes(range(256)) * (size // 256 + 1)
    file = sealed(body[:size])
    assert opened(file) == body[:size]
    assert archive.is_encrypted(io.BytesIO(file))


def test_it_hides_its_content_and_never_repeats_itself():
    body = b"secret identity " * 1000
    assert b"secret" not in sealed(body)
    assert sealed(body) != sealed(body)


HEAD = len(archive.MARK) + 23
SEALED = CHUNK + 16


@pytest.mark.parametrize(
    ("harm", "error"),
    [
        (lambda file: file[:-1], archive.Damaged),
        (lambda file: file[: HEAD + 2 * SEALED], archive.Damaged),  # cut off between two chunks
        (lambda file: file[:HEAD] + file[HEAD + SEALED :], archive.WrongPassphrase),  # the first is left out
        (
            lambda file: file[: HEAD + SEALED] + file[HEAD + 2 * SEALED :],  # the second is left out
            archive.Damaged,
        ),
        (lambda file: file + b"more", archive.Damaged),
        (lambda file: file[:10], archive.Damaged),
        (lambda file: b"", archive.Damaged),
        (lambda file: b"PK" + file[2:], archive.Damaged),
    ],
)
def test_a_harmed_file_does_not_open(harm, error):
    file = sealed(b"x" * (2 * CHUNK + 500))
    with pytest.raises(error):
        opened(harm(file))


def test_another_passphrase_does_not_open_it():
    with pytest.raises(archive.WrongPassphrase):
        opened(sealed(b"body"), "赤水")
