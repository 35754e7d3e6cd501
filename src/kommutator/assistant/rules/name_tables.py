"""First names and what people call their bearers, in Russian, Ukrainian and English.

Each line is one person's possible names; the first is the full one. Names without a line are
known only as they are written.
"""

from __future__ import annotations

_TABLE = """
анна аня анечка анюта нюта анька аннушка ганна нюра anna ann anya hanna
мария марія маша машенька маруся маня марийка марійка марічка машка maria mary masha mariia mariya
елена олена лена леночка ленка оленка олеся_ alena_ helen elena olena lena
алена альона аленка аленушка alena alyona
олеся леся олеська olesya lesya olesia
ольга оля оленька олечка олька ольгуня olga olya olha
наталья наталія наталия наташа наташенька наталка наташка ната natalia natasha nataliia
екатерина катерина катя катюша катенька катька катрин катруся kate katya ekaterina katerina kateryna
юлия юлія юля юленька юлечка юлька julia yulia yuliia julie yulya
ирина ірина ира іра ирочка іринка иришка ірочка ірочка ирка irina iryna ira irene
татьяна тетяна таня танечка танюша танька tatiana tanya tetiana tetyana
светлана світлана света світлана світланка свєта светик светочка светка svetlana sveta svitlana
оксана ксюша оксанка оксаночка ксана ksana oksana
ксения ксенія ксюша ксюня ksenia xenia ksusha kseniia
дарья дарина дарія даша дашенька даринка дашка дашуля darya dasha daria daryna
софия софія софья соня софа софійка сонечка соня sofia sofiya sophie sonya sophia
виктория вікторія вика віка вікуся викуля викуся victoria vika viktoria viktoriia vicky
александра олександра саша сашенька шура сашуля лександра alexandra sasha oleksandra
александр олександр саша саня сашко шура санек сашка alexander alex sasha oleksandr sanya
алексей олексій леша лёша льоша алеша олекса леха alexey alexei oleksii lesha
сергей сергій сережа серёжа серега сергійко sergey sergei serhii serge
дмитрий дмитро дима діма димочка митя дмитрик димон dmitry dima dmytro dmitri
андрей андрій андрюша андрійко дрюня andrey andrei andrii andrew
евгений євген евген женя жека євгеній evgeny eugene yevhen zhenya
евгения євгенія женя женечка evgenia eugenia yevheniia zhenya
иван іван ваня ванечка івасик іванко ivan vanya
михаил михайло миша мишко міша mikhail misha mykhailo michael
николай микола коля миколка nikolay kolya mykola nikolai nicholas
владимир володимир вова володя вовчик vladimir vova volodymyr
максим макс максимка maxim max maksym
роман рома ромочка ромка roman roma
павел павло паша павлик pavel pasha pavlo paul
константин костянтин костя konstantin kostya kostiantyn
артем артём тема артемка artem artyom
виталий віталій виталик віталик vitaly vitalii
игорь ігор игорек гоша_ igor ihor
олег олежка олежек oleg oleh
денис дениска дэн denis denys den
антон антоша тоха anton
никита микита никитка nikita mykyta
марина маринка мариночка маришка marina maryna
людмила люда люся людочка мила_ людка liudmyla lyudmila luda
галина галя галочка галинка galina halyna galya
лариса лара ларочка larisa larysa lara
надежда надія надя надюша наденька nadezhda nadya nadiia
любовь любов люба любаша любонька lyubov luba liubov
вера віра верочка віруня vera vira
валентина валя валюша валюшка valentina valya
валерия валерія лера лерочка valeria lera valeriia
маргарита рита марго риточка margarita rita margo
елизавета єлизавета лиза ліза лизочка лізочка лизонька elizabeth liza elizaveta yelyzaveta lisa
полина поліна поля полинка полечка polina
анастасия анастасія настя настенька настюша настуня ася стася anastasia nastya anastasiia nastia
алина аліна алинка алиночка аля alina
алиса аліса алиска alisa alice
кристина крістіна христина кристинка кріс крис christina kristina khrystyna kris
диана діана дианка diana
вероника вероніка ника ніка вероничка veronica nika veronika
евдокия дуня
жанна жанночка жанка zhanna janna
инна інна инночка inna
яна яночка янка yana jana
карина каріна каринка karina
снежана сніжана снежка snezhana snizhana
ангелина ангеліна геля лина angelina lina
арина аришка аринка arina
богдан богданчик bogdan bohdan
богдана bogdana bohdana
тарас тарасик taras
василий василь вася васьок vasily vasyl vasya
зоя зоечка zoya
лилия лілія лиля ліля lilia lilya liliia
эльвира эля ельвіра elvira
эльмира elmira
гульнара гуля gulnara
камилла камила камілла camilla kamila
милана мілана milana
злата zlata
ульяна уляна уля ulyana uliana
варвара варя варенька varvara varya
тамара тома тамарочка tamara
раиса рая раїса raisa
нина ніна ниночка nina
лидия лідія лида ліда lidia lydia
роза роза rosa
эмма emma емма
регина регіна regina
руслан русик ruslan
тимур тима timur
глеб gleb гліб
егор єгор egor yegor
илья ілля илюша ilya illia
кирилл кирило кирюша kirill kyrylo
степан стёпа stepan
станислав станіслав стас stanislav stas
вячеслав в'ячеслав слава славик vyacheslav slava
ярослав ярик yaroslav
ярослава slava_ yaroslava
георгий георгій гоша жора george georgy
григорий григорій гриша gregory grisha
петр петро петя peter petro
юрий юрій юра yuri yurii yura
"""


def _lines() -> list[tuple[str, ...]]:
    lines = (line.replace("ё", "е").split() for line in _TABLE.strip().splitlines())
    return [tuple(name for name in line if not name.endswith("_")) for line in lines]


NAMES: tuple[tuple[str, ...], ...] = tuple(dict.fromkeys(_lines()))
