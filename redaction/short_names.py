"""Short forms of given names and the names they are short for, only where there is no doubt which one."""

from functools import cache

_ENGLISH = """
anthony tony; andrew andy; benjamin ben benny; daniel dan danny; david dave; deborah debbie deb;
edward ed eddie; elizabeth liz lizzie; gregory greg; james jim jimmy; jennifer jen jenny;
joseph joe joey; joshua josh; kenneth ken kenny; kimberly kim; lawrence larry; leonard len;
margaret maggie meg peggy; matthew matt; michael mike mikey mick; nicholas nick; pamela pam; peter pete;
rebecca becky becca; richard rick dick richie; robert rob bob bobby robbie; ronald ron ronnie;
susan sue susie; thomas tom tommy; timothy tim timmy; william will bill billy willie; zachary zach
"""
_RUSSIAN = """
алексей лёша леша алёша алеша; анастасия настя; анатолий толя; анна аня анечка; антон антоша; борис боря;
виктор витя; владимир вова володя; галина галя; геннадий гена; григорий гриша; дарья даша; дмитрий дима митя;
екатерина катя катюша; елена лена леночка; елизавета лиза; иван ваня; ирина ира; константин костя;
любовь люба; людмила люда; мария маша; михаил миша; надежда надя; наталья наташа; наталия наташа;
николай коля; ольга оля; павел паша; пётр петя; петр петя; роман рома; сергей серёжа сережа; светлана света;
степан стёпа степа; татьяна таня; фёдор федя; федор федя; юлия юля; юрий юра
"""


def full_names(name: str) -> frozenset[str]:
    """The full names that a given name in lower case is short for; empty when it is none."""
    return _table().get(name, frozenset())


@cache
def _table() -> dict[str, frozenset[str]]:
    table: dict[str, frozenset[str]] = {}
    for group in (_ENGLISH + ";" + _RUSSIAN).split(";"):
        full, *short = group.split()
        for form in short:
            table[form] = table.get(form, frozenset()) | {full}
    return table
