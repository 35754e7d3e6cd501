"""What the trade calls its services, in three languages: many words of one meaning.

As in `time_words`. A concept says that words mean one thing; which service of a salon that is,
the salon's own names decide.
"""

from __future__ import annotations

TRADE_WORDS = {
    "haircut": (
        "стриж* подстри* постри* пострич* підстриг* підстриж* постриг* стригт* haircut* cut "
        "cuts trim подравня* подровня* cutting остри* стрич* стриг* подрез* обрез* укорот* "
        "підріз* обріз* вкорот* підрівн* підровн* кончик* кінчик* trims trimmed каре боб "
        "каскад пикси полубокс фейд патлы патл* отстри* перестри* обкорна* оброс* зарос*"
    ),
    "colour": (
        "окраш* окрас* покрас* краси* перекра* фарбу* пофарб* фарба colour* color* dye dyed "
        "dyeing краска краску tint* тинт* підфарб* подкрас* прокрас*"
    ),
    "blonding": "блонд* осветл* освітл*",
    "colourist": "colorist* colourist* колорист*",
    "toning": "тониров* тонува* toning toner",
    "highlights": "мелиров* мелірув* highlight*",
    "balayage": "балаяж* balayage",
    "airtouch": "аиртач* эиртач* аіртач* еиртач* airtouch",
    "shatush": "шатуш*",
    "hair": "волос* hair",
    "body": "тело тела тіла тіло body",
    "manicure": "маник* манік* manicur* ногт* ногот* нігт* нігот* nails nail маню мани mani manis",
    "pedicure": "педик* педік* pedicur* педи pedi pedis педики педюр*",
    "coating": (
        "покрыт* покрит* гель гелем лак лаком шеллак* шелак* shellac coating polish gel лаку "
        "геля гелю лака гельлак* покрыва* гелик* гелек геліку"
    ),
    "removal": "снят* снима* сними* знят* зніма* зніміть removal remove removing removed",
    "extension": "наращ* нараст* нарощ* нарост* extension*",
    "correction": "коррекц* корекц* скоррект* скорект* скориг*",
    "brows": "бров* brow* eyebrow*",
    "lashes": "ресни* вій вії війк* lash* eyelash*",
    "styling": "уклад* уложит* вклад* вклас* styling blowdry blowout blow",
    "beard": "бород* борідк* beard",
    "shave": "брить* побри* гоління поголит* shave shaving",
    "massage": (
        "массаж* масаж* massage* массир* масир* размя* промя* помять разминк* розім* промассир*"
    ),
    "epilation": (
        "эпиляц* депиляц* епіляц* депіляц* шугаринг* шугарінг* sugaring wax* воск воска "
        "воском восков* віск* шугар* прошугар* отшугар*"
    ),
    "cleaning": "чистк* чищен* почист* чистит*",
    "peeling": "пилинг* пілінг* peel*",
    "makeup": "макияж* макіяж* makeup мейк* накрасит*",
    "lamination": "ламинаш* ламинир* ламінув* ламинац* laminat*",
    "keratin": "кератин* keratin*",
    "botox": "ботокс* botox",
    "care": "уход* догляд* лечен* восстановл* лікув*",
    "consultation": "консультац* consult*",
    "wash": "мытье помыть миття wash",
    "hairdo": "причес* прическ* зачіск* hairdo updo плетен* коса косы косички",
    "perm": "завивк* завивка химия perm",
    "bangs": "челк* чубчик* чілк* bangs fringe",
    "roots": "корн* корін* корен* roots",
    "straighten": "выпрямл* випрямл* straighten*",
    "piercing": "пирсинг* пірсинг* piercing*",
    "tattoo": "тату татуаж* перманент* tattoo* permanent",
    "solarium": "солярий соляри* солярі*",
    "face": "лицо лица лицу личик* обличчя face",
    "legs": "ноги ног ногам ножк* ніжк* legs",
    "hands": "рук руки рукам ручк* hands",
    "back": "спина спины спини спинк* back",
    "men": "мужск* мужчин* чоловіч* чоловік* men mens men's man male мужик*",
    "women": "женск* женщин* жіноч* жінк* women womens women's woman lady ladies female",
    "children": (
        "детск* дитяч* ребен* ребёнк* kids kid child children child's дитин* children's kid's"
    ),
    "pretty": "красив* красот* гарн*",
    "classic": "классич* класич* classic*",
    "hardware": "аппарат* апарат* hardware",
    "short": "коротк* short",
    "long": "длинн* довг* long",
    "medium": "средн* середн* medium",
}

# Which of several services is meant, never a service by themselves.
MODIFIERS = frozenset(
    {"men", "women", "children", "classic", "hardware", "short", "long", "medium", "face", "legs"}
    | {"colourist", "pretty"}
    | {"hands", "back", "hair", "body"}
)

# What something is done to: two different ones are two different services.
OBJECTS = frozenset(
    {"hair", "lashes", "brows", "beard", "face", "legs", "hands", "back", "body", "manicure"}
)

# Parts of the body that name a service where somebody wants to come for them.
WISHED_ALONE = frozenset({"back", "body", "face"})

# Done to hair alone.
OF_HAIR = frozenset({"haircut", "styling", "highlights", "balayage", "airtouch", "toning"})

# Named only by the very word: "с покрытием" is no removal of it.
SAID_ONLY = frozenset({"removal"})

# Forms that people misspell; with the salon's own words these are what a typo is compared with.
_SPELT = (
    "маникюр педикюр стрижка стрижку мужская женская окрашивание покраска корней мелирование "
    "мелировка укладка укладку брови бровки бровей ресницы ресничек массаж чистка борода "
    "бороды макияж покрытие покрытием наращивание ламинирование депиляция эпиляция шугаринг "
    "манікюр педікюр фарбування укладання брів ламінування масаж макіяж шугарінг покриттям "
    "manicure pedicure haircut eyebrows eyelash extensions massage highlights shellac sugaring"
)
SPELT = frozenset(_SPELT.split())
