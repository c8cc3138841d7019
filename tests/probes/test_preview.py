"""What `audit probe` says of a text beside its edits: numbers and words agree."""

from __future__ import annotations

import pytest

from audit.cli import call


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("He told her that she was late.", "(1 word with several meanings)"),
        ("Her sister gave her book to her and him.", "(3 words with several meanings)"),
        ("She told Miss Universe that he was late.", None),
    ],
)
def test_numbers_and_words_agree(text: str, said: str | None, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["probe", text]) == 0
    out = capsys.readouterr().out
    assert "gender: female" in out
    assert said is None or said in out
    assert "1 words" not in out
    assert "1 terms" not in out
