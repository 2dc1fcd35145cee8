"""Of whom is spoken: herself, or somebody the words before the distress name."""

import re

from handlers.hearing.verdict import Subject

SURNAMES = (
    "王李张刘陈杨黄赵周吴徐孙朱马胡郭林何高梁郑罗宋谢唐韩曹许邓萧冯曾程蔡彭潘袁于董余苏叶吕魏蒋田杜丁沈"
    "姜范江傅钟卢汪戴崔任陆廖姚方金邱夏谭韦贾邹石熊孟秦阎薛侯雷白龙段郝孔邵史毛常万顾赖武康贺严尹钱施牛洪龚"
    "祁耿焦路聂庞邢柳岳齐倪樊房尚殷申温葛简丘卜祝温翟冉桑柴车苗欧向霍关鲁辛"
)
TITLES = (
    "奶奶|爷爷|大爷|大娘|大妈|大婶|大叔|大伯|大嫂|大哥|大姐|婶子?|叔叔?|伯伯?|嫂子?|哥|姐|姨|舅|姑|婆婆?|爹爹?|"
    "嬢嬢?|老太太?|老爷子|老汉|老头儿?|老师|家的|家媳妇|家老[太头]|妈|娘|爷|奶|二爷|二娘|三爷|太婆|公公"
)
KIN = (
    "老伴儿?|老头子|老婆子|老太婆|老太太|老爷子|老人家?|婆婆|公公|奶奶|爷爷|姥姥|姥爷|外婆|外公|岳父|岳母|丈母娘|"
    "老丈人|爸爸?|妈妈?|爹|娘|老汉儿?|老公|老婆|儿子|闺女|女儿|孙子|孙女|媳妇|儿媳妇?|女婿|"
    "弟弟?|妹妹?|哥哥?|姐姐?|姑姑?|姨|舅舅?|叔叔?|婶婶?|伯伯?|嫂子|大爷|大娘|大妈|大婶|大叔|邻居|五保户|"
    "他爹|他娘|他爸|他妈|孩他爹|孩他娘|孩子他爹|老奶奶|老大爷|老大娘|爷|奶"
)
PLACES = (
    "(?:隔壁|对门|前院|后院|前头|后头|东头|西头|村东头?|村西头?|村口|楼上|楼下|我们村|"
    r"[一二三四五六七八九十\d]{1,2}组|组里|我组|本组|村里)?的?"
)
NAMED = re.compile(
    rf"{PLACES}(?:老[{SURNAMES}](?:{TITLES})?|[{SURNAMES}](?:[\u4e00-\u9fff]{{1,2}})?(?:{TITLES})|(?<![我你他她])[大二三四五六七八]?(?:{TITLES})(?=[^，。]))"
)
OWN_KIN = re.compile(rf"(?:我们?|他|她|你|[{SURNAMES}]家)?的?(?:{KIN})")
FULL_NAME = re.compile(
    rf"(?:^|(?<=[，。组]))(?P<name>[{SURNAMES}][\u4e00-\u9fff]{{1,2}}?)"
    r"(?=老人|在|又|今|刚|从|被|让|突|昨|说|给|家|电|好|要|想|身|胸|头|肚|腿|摔|晕|跌|滑|昏|病|喝|不|没|出|走|一|心|也|老|$)"
)
SOMEBODY = re.compile(r"有个?(?:老人|人|老头|老太太?)|有人|(?<![我你])(?:他|她)(?!们)")
SELF = re.compile(r"我(?!们?的?(?:" + KIN + r")|家|们村|组|村|隔壁|对门)")
CALLED = re.compile(r"(?:叫|喊|找|告诉|通知|让|给|跟|帮我|请|催|等|怨|想|陪|去找)$")
HURT_BY = re.compile(
    r"(?:被|让|叫|给|遭|挨)?(?:儿子|儿媳妇?|媳妇|女婿|孙子|老伴|老头子|他|邻居)(?=打|揍|推|掐|骂|踹|不|嫌|骗)"
)


def subject_before(text: str, clause_start: int, span: tuple[int, int]) -> Subject:
    """Tell of whom the words at `span` speak, by the names before them.

    The nearest clause that names anybody decides; where she says 我 after the name, or names
    nobody, she speaks of herself.
    """
    said = text[clause_start : span[1]]
    if own := _of(said):
        return own
    earlier = text[:clause_start].rstrip("，。")
    sentence = earlier[earlier.rfind("。") + 1 :]
    for clause in reversed(sentence.split("，")[-3:]):
        if own := _of(clause):
            return own
    return Subject()


def name_in(clause: str) -> tuple[int, int] | None:
    """Return where a clause names somebody by her family's name, None where it names nobody."""
    found = NAMED.search(clause) or FULL_NAME.search(clause)
    return found.span() if found else None


def _of(clause: str) -> Subject | None:
    name = _name_in(clause)
    if name is None:
        return Subject() if SELF.search(clause) else None
    start, end, about = name
    said_after = SELF.search(clause, end)
    if CALLED.search(clause[:start]) or HURT_BY.match(clause[start:]) or said_after:
        return Subject() if SELF.search(clause) or HURT_BY.match(clause[start:]) else None
    return Subject("another", about)


def _name_in(clause: str) -> tuple[int, int, str] | None:
    for pattern in (NAMED, FULL_NAME, OWN_KIN, SOMEBODY):
        if found := pattern.search(clause):
            return found.start(), found.end(), _bare(found[0])
    return None


def _bare(name: str) -> str:
    return "" if SOMEBODY.fullmatch(name) else name
