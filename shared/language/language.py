"""A language as a value: words, numbers, amounts, dates and lists as its readers write them."""

import gettext
from collections.abc import Iterable
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from babel.core import Locale, UnknownLocaleError
from babel.dates import format_date, format_time, get_timezone_gmt, get_timezone_name
from babel.lists import format_list

from shared.language.catalogues import translations_of
from shared.language.numbers import NumberFormat, currency_digits
from shared.language.tags import SOURCE_LANGUAGE, resolve, words_of

Direction = Literal["ltr", "rtl"]
_REMEMBERED_DATES = 4096


class Language:
    """Words and formats of one language; make it with :meth:`of`, pass it on, keep it nowhere.

    Messages are written in English in the code and looked up whole. Named values are put in with ``str.format``:
    ``language.gettext("{shown} of {total} are listed.", shown=…, total=…)``. Values come as text in the language's own form;
    :meth:`ngettext` puts its number in as ``{number}`` itself.
    """

    def __init__(self, tag: str, translations: gettext.NullTranslations | None = None) -> None:
        self.tag = resolve(tag)
        self._translations = translations or translations_of(words_of(self.tag))
        self._locale = _locale_of(self.tag)
        self._numbers = NumberFormat(self._locale)
        # Where the usual short form holds words ("17 de nov. de 2025"), columns have room for the one in digits only.
        has_words = "'" in self._locale.date_formats["medium"].pattern
        self._cell_date: Literal["short", "medium"] = "short" if has_words else "medium"
        # Dates of a report are the same few over and over.
        self.date = lru_cache(_REMEMBERED_DATES)(self._date)
        self.short_date = lru_cache(_REMEMBERED_DATES)(self._short_date)

    @classmethod
    def of(cls, tag: str = SOURCE_LANGUAGE) -> "Language":
        """Return the language that ``tag`` means, with its region's formats; raises ``UnknownLanguageError``."""
        return _language(resolve(tag))

    def __repr__(self) -> str:
        return f"Language({self.tag!r})"

    @property
    def is_source(self) -> bool:
        """Whether it is the language that the product's own words, and Advisor's answers, are written in."""
        return words_of(self.tag) == SOURCE_LANGUAGE

    @property
    def direction(self) -> Direction:
        """Which way the language is written."""
        return "rtl" if self._locale.text_direction == "rtl" else "ltr"

    def gettext(self, message: str, /, **values: str) -> str:
        """Return ``message`` in this language, with ``values`` put in."""
        words = self._translations.gettext(message)
        return words.format(**values) if values else words

    def pgettext(self, context: str, message: str, /, **values: str) -> str:
        """Return ``message`` as it is said in ``context``, for words that mean several things."""
        words = self._translations.pgettext(context, message)
        return words.format(**values) if values else words

    def ngettext(self, singular: str, plural: str, number: int, /, **values: str) -> str:
        """Return the form of a message that ``number`` needs, with the number put in as ``{number}``."""
        words = self._translations.ngettext(singular, plural, number)
        return words.format(number=self.number(number), **values)

    def npgettext(self, context: str, singular: str, plural: str, number: int, /, **values: str) -> str:
        """Return the form that ``number`` needs of a message said in ``context``."""
        words = self._translations.npgettext(context, singular, plural, number)
        return words.format(number=self.number(number), **values)

    def number(self, value: int | Decimal, digits: int = 0) -> str:
        """Return a number with its separators: "2,310" in English, "2.310" in German."""
        return self._numbers.number(value, digits)

    def percent(self, part: int | Decimal, whole: int | Decimal) -> str:
        """Return a share such as "31%", never rounded to nothing or to all."""
        share = Decimal(part) / Decimal(whole) if whole else Decimal(0)
        if 0 < share < Decimal("0.01"):
            return self.gettext("less than {percent}", percent=self._numbers.percent(Decimal("0.01")))
        if Decimal("0.99") < share < 1:
            return self.gettext("over {percent}", percent=self._numbers.percent(Decimal("0.99")))
        return self._numbers.percent(share)

    def money(self, amount: Decimal, currency: str) -> str:
        """Return an amount with its currency's code and fraction digits, without the latter where all are 0."""
        if not currency:
            return self.gettext("{amount} (no currency named)", amount=self._fitting_number(amount))
        return self._numbers.amount(amount, currency, _digits(amount, currency_digits(currency)))

    def whole_money(self, amount: Decimal, currency: str) -> str:
        """Return an amount rounded to whole units, for headlines and charts; small ones keep their fraction."""
        return self.money(round(amount) + Decimal(0) if abs(amount) >= 10 else amount, currency)

    def moneys(self, amounts: dict[str, Decimal]) -> str:
        """Return amounts of several currencies side by side, never added, "" for none."""
        return self.joined(self.money(amount, currency) for currency, amount in sorted(amounts.items()))

    def joined(self, parts: Iterable[str]) -> str:
        """Return a list as it stands in a sentence: "a, b, and c"."""
        return format_list(list(parts), locale=self._locale)

    def sentences(self, parts: Iterable[str]) -> str:
        """Return whole sentences one after the other; Japanese puts no space between them."""
        return ("" if words_of(self.tag) == "ja" else " ").join(part for part in parts if part)

    def moment(self, value: datetime | None, zone: tzinfo = UTC, *, names_zone: bool = True) -> str:
        """Return an aware moment in ``zone``, such as "February 2, 2025, 2:38 PM UTC"; "" for none.

        Without the zone's name for lists whose reader knows by which clock they are.
        """
        if value is None:
            return ""
        local = value.astimezone(zone)
        day = self.date(local.date())
        clock = format_time(local, "short", tzinfo=zone, locale=self._locale)
        clock = f"{clock} {self._zone_name(local)}" if names_zone else clock
        # Only the pattern's places are ours to fill: it has no letters of its own, but may quote some.
        return str(self._locale.datetime_formats["long"]).replace("'", "").replace("{1}", day).replace("{0}", clock)

    def _date(self, value: date | None) -> str:
        """Return a date in words, such as "February 2, 2025"; "" for none."""
        return "" if value is None else str(format_date(value, "long", locale=self._locale))

    def _short_date(self, value: date | None) -> str:
        """Return a date for the cells of tables, such as "Feb 1, 2025"; "" for none."""
        return "" if value is None else str(format_date(value, self._cell_date, locale=self._locale))

    def _zone_name(self, local: datetime) -> str:
        if local.tzinfo is UTC:
            return "UTC"
        name = str(get_timezone_name(local, "short", locale=self._locale))
        # Where the language has no short name of its own, a bare number follows the time: "8:30 AM +0100".
        return name if name[:1] not in "+-" else str(get_timezone_gmt(local, locale=self._locale))

    def _fitting_number(self, amount: Decimal) -> str:
        return self._numbers.number(amount, _digits(amount, 2))


@lru_cache(64)
def _language(tag: str) -> Language:
    return Language(tag)


def _locale_of(tag: str) -> Locale:
    """Return the formats of a tag; those of its language alone where CLDR does not know the region."""
    try:
        return Locale.parse(tag, sep="-")
    except UnknownLocaleError:
        return Locale.parse(words_of(tag))


def _digits(amount: Decimal, most: int) -> int:
    exact = round(amount, most)
    return 0 if exact == exact.to_integral_value() else most
