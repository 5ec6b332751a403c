"""What keeps words of a transcript from giving the grades: all of it is on, always.

Each part can be switched off for one purpose: measuring what it is worth (`qalibrate eval attacks`).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Defences:
    """`fences`: conversation text stands between lines with a code that nobody can write beforehand.
    `marks`: each turn is one line that begins with its number and a part of the code. `one_answer`: an answer
    with two different JSON objects counts for nothing. `levels`: only levels on the scale. `evidence`: quotes
    are looked up in the transcript. `flags`: turns that look like instructions are shown to a person.
    """

    fences: bool = True
    marks: bool = True
    one_answer: bool = True
    levels: bool = True
    evidence: bool = True
    flags: bool = True


ALL_ON = Defences()
