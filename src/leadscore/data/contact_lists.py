"""What is well known of mail domains, telephone numbers and names that nobody has.

Short lists on purpose: they ship with the package, so that a score needs no network and does not change from one day to
the next with somebody else's list. What they miss counts as business, as it would without them.
"""

from __future__ import annotations

from typing import Final

__all__ = [
    "CALLING_CODES",
    "DISPOSABLE_DOMAINS",
    "FREE_BRANDS",
    "FREE_DOMAINS",
    "KEYBOARD_ROWS",
    "MADE_UP",
    "PLACEHOLDERS",
    "RESERVED_DOMAINS",
]


def _listed(text: str) -> frozenset[str]:
    return frozenset(text.split())


FREE_BRANDS: Final = _listed("gmx hotmail live outlook rocketmail yahoo yandex ymail")
"""Providers with a domain in many countries: ``yahoo.co.uk``, ``hotmail.fr``."""

FREE_DOMAINS: Final = _listed(
    """
    126.com 139.com 163.com aim.com aol.com aol.de arcor.de bigpond.com bk.ru bluewin.ch bol.com.br btinternet.com
    centurylink.net charter.net comcast.net cox.net daum.net duck.com earthlink.net email.cz email.de fastmail.com
    fastmail.fm foxmail.com free.fr freenet.de gmail.com googlemail.com hanmail.net hey.com hushmail.com icloud.com
    inbox.com inbox.ru interia.pl juno.com kabelmail.de laposte.net libero.it list.ru mac.com mail.com mail.de mail.ru
    mailbox.org me.com msn.com naver.com ntlworld.com o2.pl online.de onet.pl optonline.net optusnet.com.au orange.fr
    pm.me posteo.de proton.me protonmail.com qq.com rambler.ru rediffmail.com rogers.com sbcglobal.net seznam.cz sfr.fr
    shaw.ca sina.com sky.com sohu.com t-online.de talktalk.net telenet.be terra.com.br tiscali.it tuta.com tutanota.com
    ukr.net uol.com.br verizon.net virgilio.it virginmedia.com wanadoo.fr web.de wp.pl xs4all.nl xtra.co.nz yeah.net
    ziggo.nl zoho.com
    """
)
"""Domains that anybody gets an address at, providers of internet access among them."""

DISPOSABLE_DOMAINS: Final = _listed(
    """
    10minutemail.com 10minutemail.net 20minutemail.com 33mail.com anonaddy.me burnermail.io byom.de discard.email
    discardmail.com dispostable.com dropmail.me emailondeck.com fakeinbox.com fakemail.net getairmail.com getnada.com
    grr.la guerrillamail.biz guerrillamail.com guerrillamail.de guerrillamail.info guerrillamail.net guerrillamail.org
    guerrillamailblock.com harakirimail.com incognitomail.org inboxkitten.com jetable.org mail-temp.com mail.tm
    mailcatch.com maildrop.cc mailinator.com mailinator.net mailnesia.com mailnull.com mailsac.com minutemail.com
    mintemail.com moakt.com mohmal.com mytemp.email mytrashmail.com nada.email pokemail.net sharklasers.com
    spam4.me spamgourmet.com spamex.com temp-mail.io temp-mail.org tempail.com tempinbox.com tempmail.com tempmail.dev
    tempmail.net tempmailo.com tempr.email throwaway.email throwawaymail.com trash-mail.com trashmail.com trashmail.de
    trashmail.net trbvm.com wegwerfemail.de wegwerfmail.de yopmail.com yopmail.fr yopmail.net
    """
)
"""Domains whose addresses are thrown away."""

RESERVED_DOMAINS: Final = _listed("example.com example.net example.org test.com test.de email.com domain.com")
"""Domains that stand in examples and are typed into forms; the first three by RFC 2606."""

CALLING_CODES: Final = _listed(
    """
    1 7 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86
    90 91 92 93 94 95 98 211 212 213 216 218 220 221 222 223 224 225 226 227 228 229 230 231 232 233 234 235 236 237 238
    239 240 241 242 243 244 245 246 247 248 249 250 251 252 253 254 255 256 257 258 260 261 262 263 264 265 266 267 268
    269 290 291 297 298 299 350 351 352 353 354 355 356 357 358 359 370 371 372 373 374 375 376 377 378 380 381 382 383
    385 386 387 389 420 421 423 500 501 502 503 504 505 506 507 508 509 590 591 592 593 594 595 596 597 598 599 670 672
    673 674 675 676 677 678 679 680 681 682 683 685 686 687 688 689 690 691 692 800 808 850 852 853 855 856 870 878 880
    881 882 883 886 888 960 961 962 963 964 965 966 967 968 970 971 972 973 974 975 976 977 979 992 993 994 995 996 998
    """
)
"""Country calling codes of ITU-T E.164."""

KEYBOARD_ROWS: Final = ("qwert", "azerty", "asdf", "sdfg", "dfgh", "fghj", "hjkl", "zxcv", "yxcv")
"""Neighbours on a keyboard that do not stand together in a name."""

MADE_UP: Final = _listed(
    "test tests tester testing teste testuser testname dummy fake foobar blah blabla xyz qwe asd abcd noname nobody "
    "someone anonymous anonym vorname nachname firstname lastname fname lname username"
)
"""Words that are typed into a field which asks for a name."""

PLACEHOLDERS: Final = frozenset(
    {
        *("select", "please select", "choose", "none", "na", "unknown", "not provided", "not available"),
        *("not specified", "not set", "blank", "empty", "undefined", "keine angabe", "keine", "unbekannt", "no name"),
        *("no email", "noemail", "no phone", "tbd", "leer"),
    }
)
"""What a form or an import writes where nothing was given."""
