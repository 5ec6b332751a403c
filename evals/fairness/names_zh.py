"""Chinese names in the place of others: family name, given name, and forms such as 小李 and 张先生."""

import random
import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from evals.fairness.names_en import drawn
from evals.fairness.words import NameGroup
from redaction.lexicon import words

_HAN = re.compile(r"[\u4e00-\u9fff·]+")
_FAMILIAR = re.compile("[小老阿](?=.$)")
_TITLE = re.compile("(?:先生|女士|小姐|太太|老师|经理|师傅|阿姨|大姐|大哥|总|工)$")
_WOMEN = frozenset("芳娟敏静丽艳霞萍玲桂秀英红梅莉燕华兰凤洁琳雪婷慧颖莹倩雯妍琪瑶怡婉雅悦思雨蓉娜薇")
_MEN = frozenset("伟强磊军勇杰涛超明刚辉鹏斌建国志宏峰亮浩宇轩龙海山林波东健凯")


class NewName(NamedTuple):
    """The new name: `family` is empty where people have only a given name."""

    family: str
    given: str

    @property
    def all(self) -> tuple[str, ...]:
        """What nobody else should be called."""
        return (self.family, self.given)


def new_name(said: Sequence[str], group: NameGroup, chance: random.Random, taken: frozenset[str]) -> NewName:
    """Draw a name from a group for the person who is called all of `said`; the gender stays if it shows."""
    old = frozenset(part for text in said for part in _parts(text))
    family = drawn(group.family, old, taken, chance) if group.family else ""
    given: Sequence[str] = getattr(group, _gender(said)) or group.female
    return NewName(family, drawn(given, old, taken, chance))


def renamed(text: str, name: NewName) -> str:
    """Return one mention of a person with the new name in it; what is not in Han characters stays."""
    if not _HAN.fullmatch(text):
        return text
    title = _TITLE.search(text)
    core = text[: title.start()] if title else text
    ending = title.group() if title else ""
    if not name.family:
        return name.given + ending
    familiar = _FAMILIAR.match(core)
    if familiar:
        return familiar.group() + name.family + ending
    family, given = _parts(core)
    return (name.family if family else "") + (name.given if given else "") + ending


def _parts(text: str) -> tuple[str, str]:
    """Return family name and given name; a single character is a family name if it can be one."""
    core = _TITLE.sub("", text) if len(text) > 1 else text
    core = core[1:] if _FAMILIAR.match(core) else core
    known = _families()
    for length in (2, 1):
        if core[:length] in known:
            return core[:length], core[length:]
    return "", core


@cache
def _families() -> frozenset[str]:
    return words("zh_surnames")


def _gender(said: Sequence[str]) -> str:
    """Return what titles say, else what the characters of given names are most often."""
    text = "".join(said)
    if re.search("女士|小姐|太太|阿姨|大姐", text) or "先生" in text:
        return "male" if "先生" in text else "female"
    given = "".join(_parts(one)[1] for one in said if _HAN.fullmatch(one))
    women = sum(character in _WOMEN for character in given)
    men = sum(character in _MEN for character in given)
    return "either" if women == men else "female" if women > men else "male"
