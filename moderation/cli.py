"""`python -m moderation COMMAND`: reads the words, calls one command, turns refusals into sentences.

Each command's module is imported only when it is asked for, so that none pays for the others.
"""

import argparse
import importlib
import keyword
import sys
from collections.abc import Sequence
from types import ModuleType

from config.settings import BadSetting
from moderation.refusal import Refusal

COMMANDS = {
    "run": "start everything on this machine and say where to look",
    "init-db": "bring the database to this version's schema (the release step of a deployment)",
    "add-moderator": "let somebody moderate; prints a link with which they choose a password",
    "add-site": "let another site's pages show the form",
    "add-key": "let another program call this service for a site; prints a key, once",
    "list-keys": "the keys that programs call with, and how much they are used",
    "revoke-key": "take a key back; it stops working within two seconds",
    "sign-in-link": "a new one-time link for a moderator who cannot sign in",
    "backup": "copy the database and its secrets to a file, while everything runs",
    "restore": "bring a backup back",
    "reseal": "seal every stored address again, after a new key was put in front of EMAIL_KEYS",
    "verify-log": "check that the log is whole: nothing changed, taken out or cut off",
    "import": "bring a site's comments in: WordPress, Disqus, Isso, Remark42, or what export wrote",
    "export": "write a site's comments to a file: everything as JSON lines, or WXR for WordPress and Isso",
    "replay": "post a file of comments over HTTP as a crowd of readers would",
    "retrain": "fit a site's own head from its moderators' decisions, as candidate",
    "promote": "put the candidate into service: a site's head, or the model of all sites",
    "rollback": "back to the model, or the site's head, that was in service before",
    "welcome": argparse.SUPPRESS,
}


def main(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m moderation", description="Moderato, comment moderation.")
    choices = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    wanted = next((word for word in words if word in COMMANDS), None)
    for name, summary in COMMANDS.items():
        if summary is argparse.SUPPRESS and name != wanted:
            continue
        one = choices.add_parser(name, help=summary, description=summary)
        if name == wanted:
            _module(name).add_arguments(one)
    arguments = parser.parse_args(words)
    try:
        status: int = _module(arguments.command).main(arguments)
    except BadSetting as error:
        return _refuse("Settings are wrong:", *error.problems, "config/example.env explains each.")
    except Refusal as error:
        return _refuse(str(error), *([f"Hint: {error.hint}"] if error.hint else []))
    except KeyboardInterrupt:
        return 130
    return status


def _module(name: str) -> ModuleType:
    word = name.replace("-", "_")
    return importlib.import_module(f"moderation.commands.{word}{'_' if keyword.iskeyword(word) else ''}")


def _refuse(*lines: str) -> int:
    print("\n  ".join(lines), file=sys.stderr)
    return 2
