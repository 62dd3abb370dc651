"""Which part of the standard library a web server needs: everything, less what is named here.

A name that this list does not know is kept, so a newer Python costs bytes, not an outage.
"""

from __future__ import annotations

import re
import sysconfig
from collections.abc import Iterator
from pathlib import Path

# Top-level names: interactive use, development, other people's protocols and file formats, and what has been
# deprecated.
_NAMES = (
    "__phello__ __pycache__ _aix_support _osx_support _pydecimal _pyio _pyrepl aifc antigravity "
    "argparse asynchat asyncore audioop bdb binhex cgi cgitb chunk cmd code codeop compileall cProfile crypt "
    "csv ctypes curses dbm decimal difflib dist-packages distutils doctest ensurepip filecmp fileinput "
    "formatter fractions ftplib getopt getpass idlelib imaplib imghdr imp lib-dynload lib2to3 mailbox "
    "mailcap modulefinder netrc nntplib nturl2path optparse pdb pickletools pipes plistlib "
    "poplib pprint profile pstats pty pyclbr pydoc pydoc_data rlcompleter sched shelve site site-packages "
    "smtpd smtplib sndhdr sqlite3 statistics sunau symtable tabnanny tarfile telnetlib test tests this "
    "timeit tkinter tomllib trace tty turtle turtledemo unittest uu venv wave webbrowser wsgiref xdrlib xml "
    "xmlrpc zipapp zipfile zoneinfo "
)
LEFT_OUT = frozenset(_NAMES.split())
_LEFT_OUT_EXTENSIONS = re.compile(
    r"^(_?test|_?xxlimited|_?xxtestfuzz|_ctypes|_codecs_|_multibytecodec|_tkinter|_curses|_sqlite3|_g?dbm"
    r"|readline|audioop|ossaudiodev|nis$|spwd|_crypt|pyexpat|_elementtree|_decimal|_lsprof|_remote_debugging"
    r"|_statistics|_csv|_pickle|_xxsubinterpreters|_interp|_lzma|_bz2|_zstd|_uuid|_posixshmem"
    r"|_zoneinfo|cmath|syslog)"
)
# Below the packages that uvicorn, starlette and urllib.request do use: parts that they never import.
_LEFT_OUT_MODULES = re.compile(
    r"^(email/(_header_value_parser|contentmanager|headerregistry|mime/|policy)|http/(cookiejar|server)\b"
    r"|asyncio/(proactor|windows)_|concurrent/futures/process|importlib/(metadata|resources)/"
    r"|multiprocessing/(?!__init__|connection|context|process|reduction|util))"
)
_LEFT_OUT_CODECS = re.compile(
    r"^(cp(?!437)|iso|mac_|koi|big5|euc|gb|hz|johab|kz|ptcp|shift|tis|hp_|quopri|rot_13|uu_|bz2|palmos)"
)


def source_directory() -> Path:
    return Path(sysconfig.get_path("stdlib"))


def find_sources(root: Path) -> Iterator[tuple[str, Path]]:
    """(path below `root`, file) of each module that goes in."""
    for top in sorted(root.iterdir()):
        if _left_out(top.name.removesuffix(".py")):
            continue
        for source in sorted(top.rglob("*.py")) if top.is_dir() else [top]:
            name = str(source.relative_to(root))
            codec = top.name == "encodings" and _LEFT_OUT_CODECS.match(source.stem)
            if source.suffix == ".py" and not codec and not _LEFT_OUT_MODULES.match(name):
                yield name, source


def find_extensions(root: Path) -> Iterator[tuple[str, Path]]:
    """(path below `root`, file) of each compiled module that goes in."""
    for source in sorted((root / "lib-dynload").glob("*.so")):
        if not _LEFT_OUT_EXTENSIONS.match(source.name.partition(".")[0]):
            yield str(source.relative_to(root)), source


def _left_out(name: str) -> bool:
    return name in LEFT_OUT or name.startswith(("config-", "_sysconfigdata"))
